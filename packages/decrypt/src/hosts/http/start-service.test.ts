import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { createAuditTrail } from "../../audit/index.ts";
import { type CreatePart, jwtAuthentication, startPartsService } from "./index.ts";

const authenticate = jwtAuthentication({
  issuer: "https://issuer.example",
  audience: "decrypt",
  algorithms: ["ES256"],
  keySet: { keys: { keys: [] } },
});
const partWith =
  (close: () => void): CreatePart =>
  () => ({
    routes: [{ path: "/v1/x", operationId: "x", summary: "", description: "", body: async ({ bytes }) => bytes }],
    close: async () => close(),
  });

it("closes the trail with its last line also where a part cannot be closed", async () => {
  const lines: string[] = [];
  const trail = createAuditTrail({ sink: { append: async (more) => void lines.push(...more) } });
  await trail.check();
  const parts = [
    partWith(() => {
      throw new Error("stuck");
    }),
  ];
  const service = await startPartsService({ port: 0, parts, authenticate, trail });
  await expect(service.close()).rejects.toThrow("stuck");
  expect(lines).toHaveLength(2);
  await expect(trail.check()).rejects.toMatchObject({ code: "AUDIT_UNAVAILABLE" });
});

it("lets go of its parts where it cannot listen", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const { port } = taken.address() as AddressInfo;
  let closed = 0;
  const parts = [partWith(() => void closed++)];
  await expect(startPartsService({ port, parts, authenticate })).rejects.toMatchObject({ code: "EADDRINUSE" });
  expect(closed).toBe(1);
  taken.close();
});
