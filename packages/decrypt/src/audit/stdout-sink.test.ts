import { Writable } from "node:stream";
import { expect, it } from "vitest";
import { createAuditTrail, stdoutSink } from "./index.ts";

it("takes nothing where its reader went away, and ends no process", async () => {
  // The failure of a write is an event as well, which nobody else hears.
  const write = (_: unknown, __: unknown, done: (error: Error) => void): void => {
    setImmediate(done, Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  };
  const stream = new Writable({ write });
  const trail = createAuditTrail({ sink: stdoutSink(stream) });
  for (let i = 0; i < 3; i++) await expect(trail.check()).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
  await trail.close();
});
