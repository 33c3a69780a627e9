import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { post, setUp } from "./edge.fixture.ts";
import { loadHandler } from "./load-handler.ts";

describe("loadHandler", () => {
  test("imports handler from index.mjs, and anew when the file changes", async () => {
    const directory = await mkdtemp(join(tmpdir(), "edge-"));
    const write = (status: string) =>
      writeFile(join(directory, "index.mjs"), `export const handler = async () => ({ status: "${status}" });\n`);
    await write("418");
    const { edge } = await setUp({ handler: await loadHandler(directory) });
    expect((await post(edge, "x")).status).toBe(418);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await write("451");
    const { edge: again } = await setUp({ handler: await loadHandler(directory) });
    expect((await post(again, "x")).status).toBe(451);
    await rm(directory, { recursive: true });
  });

  test.each([
    [undefined, "HANDLER_NOT_FOUND"],
    ["export const other = 1;", "HANDLER_INVALID"],
    ["export const handler = (event, context, callback) => callback();", "HANDLER_INVALID"],
    ["syntax error", "HANDLER_INVALID"],
  ])("%s is refused with %s", async (source, code) => {
    const directory = await mkdtemp(join(tmpdir(), "edge-"));
    if (source !== undefined) await writeFile(join(directory, "index.mjs"), source);
    await expect(loadHandler(directory)).rejects.toMatchObject({ code });
    await rm(directory, { recursive: true });
  });
});
