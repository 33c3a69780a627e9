import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { makeFolder, replaceFile } from "./files.ts";

const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("replaceFile", () => {
  it("puts the new file in the place of the old one, which whoever reads it keeps whole", async () => {
    const file = path.join(folder, "function.zip");
    writeFileSync(file, "old");
    const reader = openSync(file, "r");
    await replaceFile(file, "new");
    expect(readFileSync(reader, "utf8")).toBe("old");
    expect(readFileSync(file, "utf8")).toBe("new");
    expect(readdirSync(folder)).toEqual(["function.zip"]);
  });

  it("leaves who may read and write it as it was", async () => {
    const file = path.join(folder, "function.zip");
    for (const mode of [0o600, 0o666]) {
      chmodSync(file, mode);
      await replaceFile(file, "new");
      expect(statSync(file).mode & 0o777).toBe(mode);
    }
  });

  it("writes through a link, and makes what is not there", async () => {
    const link = path.join(folder, "link");
    symlinkSync(path.join(folder, "function.zip"), link);
    await replaceFile(link, "through");
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(path.join(folder, "function.zip"), "utf8")).toBe("through");
    await replaceFile(path.join(folder, "made"), Uint8Array.of(1));
    expect(readFileSync(path.join(folder, "made"))).toEqual(Buffer.of(1));
  });

  it("is FILE_UNWRITABLE without its folder, and over a folder, and leaves nothing behind", async () => {
    const before = readdirSync(folder);
    for (const file of [path.join(folder, "none/file"), folder]) {
      await expect(replaceFile(file, "x")).rejects.toMatchObject({ code: "FILE_UNWRITABLE" });
    }
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe("makeFolder", () => {
  it("makes those above, also at the same time, and is FILE_UNWRITABLE below a file", async () => {
    const deep = path.join(folder, "a/b/c");
    await Promise.all([makeFolder(deep), makeFolder(deep), makeFolder(path.join(folder, "a"))]);
    expect(lstatSync(deep).isDirectory()).toBe(true);
    writeFileSync(path.join(folder, "a/file"), "");
    for (const name of ["a/file", "a/file/b"]) {
      await expect(makeFolder(path.join(folder, name))).rejects.toMatchObject({ code: "FILE_UNWRITABLE" });
    }
  });

  it.runIf(existsSync("/proc/self"))("ends where nothing can be made", async () => {
    await expect(makeFolder("/proc/fieldseal/build")).rejects.toMatchObject({ code: "FILE_UNWRITABLE" });
  });
});
