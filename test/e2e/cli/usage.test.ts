import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { fieldseal, newFolder, program } from "./run.ts";

const commands = [
  ["keygen"],
  ["pull-key"],
  ["encrypt"],
  ["decrypt"],
  ["inspect"],
  ["policy", "check"],
  ["policy", "diff"],
  ["bundle"],
  ["serve"],
  ["audit", "verify"],
  ["audit", "report"],
  ["doctor"],
  ["tokenize"],
  ["detokenize"],
  ["retokenize"],
  ["vault", "init"],
  ["vault", "stats"],
  ["vault", "export"],
  ["vault", "import"],
  ["vault", "erase"],
  ["vault", "sweep"],
  ["vault", "rekey"],
  ["dev"],
];

let folder: string;
beforeAll(() => {
  folder = newFolder();
});

describe("fieldseal", () => {
  it("lists every command and an example on --help, on stdout", async () => {
    const { code, stdout, stderr } = await fieldseal(folder, ["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const [name] of commands) expect(stdout.toString()).toMatch(new RegExp(`^  ${name} `, "m"));
    expect(stdout.toString()).toContain("fieldseal decrypt --private-key");
  });

  it("loads no AWS SDK for --help", async () => {
    const options = { NODE_DEBUG: "esm,module" };
    const helped = await fieldseal(folder, ["--help"], "", options);
    const pulled = await fieldseal(folder, ["pull-key", "--help"], "", options);
    expect(pulled.stderr).toContain("client-kms");
    expect(helped.stderr).not.toContain("client-kms");
  });

  it("prints the package's version", async () => {
    const manifest = JSON.parse(readFileSync("packages/cli/package.json", "utf8")) as { version: string };
    const { code, stdout } = await fieldseal(folder, ["--version"]);
    expect([code, stdout.toString()]).toEqual([0, `${manifest.version}\n`]);
  });

  it.each(commands.map((words) => [words.join(" "), words] as const))(
    "%s --help shows an example",
    async (_, words) => {
      const { code, stdout, stderr } = await fieldseal(folder, [...words, "--help"]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout.toString()).toMatch(new RegExp(`examples?:\\n(?:  .*\\n)*  fieldseal ${words.join(" ")}`));
      expect(stdout.toString()).toContain("--json");
    },
  );

  it("shows examples on --help that are right usage", async () => {
    // Nothing listens there.
    const env = { AWS_ENDPOINT_URL: "http://127.0.0.1:9", AWS_MAX_ATTEMPTS: "1" };
    for (const words of commands) {
      const { stdout } = await fieldseal(folder, [...words, "--help"]);
      const examples = stdout
        .toString()
        .replaceAll(" \\\n", "")
        .match(/^ {2}fieldseal .*/gm)!;
      const called = examples.map((example) => fieldseal(folder, wordsOf(example), "", env));
      for (const { code, stderr } of await Promise.all(called)) expect([code, stderr]).not.toContain(2);
    }
  });

  it("shows with `help` what a command shows with --help", async () => {
    for (const words of [["encrypt"], ["policy", "check"]]) {
      const { stdout } = await fieldseal(folder, [...words, "--help"]);
      expect(await fieldseal(folder, ["help", ...words])).toEqual({ code: 0, stdout, stderr: "" });
    }
  });

  it("has no help on what is no command", async () => {
    const { code, stdout } = await fieldseal(folder, ["help", "enrypt"]);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: "" });
  });

  it.each([
    ["an argument", ["tokenize", "--config", "c", "--format", "a", "canary"]],
    ["an unknown option", ["tokenize", "--config", "c", "--secret=can'ary"]],
    ["a short option", ["tokenize", "--config", "c", "-pcanary"]],
    ["a choice", ["bundle", "--policy", "p", "--out", "o", "--mode", "can'ary"]],
  ])("repeats no value that was typed as %s", async (_, words) => {
    const { code, stderr } = await fieldseal(folder, words);
    expect(code).toBe(2);
    expect(stderr).not.toContain("ary");
  });

  it("names an option that is misspelt, and not the one that is missing for it", async () => {
    const { stderr } = await fieldseal(folder, ["encrypt", "--polcy", "p", "--content-type", "application/json"]);
    expect(stderr).toContain("'--polcy' (Did you mean --policy?)");
  });

  it.each([
    ["no command", []],
    ["a group without its command", ["policy"]],
    ["an unknown command", ["frobnicate"]],
    ["an unknown option", ["inspect", "--frobnicate"]],
    ["a missing option", ["encrypt", "--content-type", "application/json"]],
    ["a missing argument", ["policy", "check"]],
    ["an argument too many", ["inspect", "file"]],
    ["a key length that is not offered", ["keygen", "--bits", "1024", "--kid", "a", "--out", "keys"]],
    ["a key id of the wrong form", ["keygen", "--kid", "../a", "--out", "keys"]],
    ["a context that is no pair", ["encrypt", "--policy", "p", "--content-type", "a/b", "--context", "tenant"]],
    ["a path with a query", ["encrypt", "--policy", "p", "--content-type", "a/b", "--path", "/v1?a=b"]],
    ["a path that does not begin at the root", ["encrypt", "--policy", "p", "--content-type", "a/b", "--path", "v1"]],
    ["a method in lower case", ["encrypt", "--policy", "p", "--content-type", "a/b", "--method", "post"]],
    ["a content type that is none", ["encrypt", "--policy", "p", "--content-type", "json"]],
    ["decrypt without keys", ["decrypt"]],
    ["decrypt of a content type that is none", ["decrypt", "--private-key", "a=b", "--content-type", "json"]],
    ["--kms without --policy", ["decrypt", "--kms"]],
    ["both sources of keys", ["decrypt", "--kms", "--policy", "p", "--private-key", "a=b"]],
    ["a principal without access rules", ["decrypt", "--private-key", "a=b", "--principal", "role:x"]],
    ["an endpoint that is no URL", ["pull-key", "--key-id", "a", "--kid", "a", "--out", "o", "--endpoint", "kms"]],
    ["a Region that is none", ["pull-key", "--key-id", "a", "--kid", "a", "--out", "o", "--region", "us east"]],
    ["tokenize without a format", ["tokenize", "--config", "c"]],
    ["columns of neither CSV nor NDJSON", ["tokenize", "--config", "c", "--format", "a", "--columns", "b"]],
    ["CSV without columns", ["tokenize", "--config", "c", "--format", "a", "--csv"]],
    ["columns without a format", ["detokenize", "--config", "c", "--csv", "--columns", "a=card,b"]],
    ["a column name that is empty", ["detokenize", "--config", "c", "--csv", "--columns", "a,", "--format", "card"]],
    ["CSV and NDJSON", ["tokenize", "--config", "c", "--csv", "--ndjson", "--columns", "a=card"]],
    [
      "a folder without a place for what it becomes",
      ["tokenize", "--config", "c", "--folder", "a", "--columns", "b=c"],
    ],
    ["retokenize of lines", ["retokenize", "--config", "c", "--format", "a"]],
    ["retokenize without a version", ["retokenize", "--config", "c", "--csv", "--columns", "a=card"]],
    ["erasing without --yes", ["vault", "erase", "--config", "c", "--subject", "s"]],
    ["two keys of checkpoints", ["audit", "verify", "f", "--hmac-key", "a=b", "--hmac-key", "c=d"]],
    ["a Region without a key in KMS", ["audit", "verify", "f", "--region", "eu-central-1"]],
    ["a port that is none", ["dev", "--policy", "p", "--origin", "http://127.0.0.1:9", "--port", "99999"]],
    ["an origin with a query", ["dev", "--policy", "p", "--origin", "http://127.0.0.1:9/?a=b"]],
    ["an origin that is no http: URL", ["dev", "--policy", "p", "--origin", "https://example.com"]],
  ])("exits 2 with usage on stderr and nothing on stdout for %s", async (_, words) => {
    const { code, stdout, stderr } = await fieldseal(folder, words);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^usage: fieldseal/m);
  });

  it("writes wrong usage as one line of JSON under --json", async () => {
    const { code, stderr } = await fieldseal(folder, ["decrypt", "--kms", "--json"]);
    expect(await fieldseal(folder, ["--json", "decrypt", "--kms"])).toMatchObject({ code, stderr });
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "USAGE_INVALID" } });
  });

  it.each([["inspect"], ["decrypt", "--private-key", "a=key.pem", "--content-type", "text/csv"]])(
    "exits 1 with the code for a standard input that is a folder: %s",
    (...words) => {
      writeFileSync(
        path.join(folder, "key.pem"),
        generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "pem", type: "pkcs8" }),
      );
      const input = openSync(folder, "r");
      const { status, stderr } = spawnSync(process.execPath, [program, ...words], {
        cwd: folder,
        stdio: [input, "pipe", "pipe"],
      });
      closeSync(input);
      expect([status, String(stderr)]).toEqual([1, expect.stringMatching(/^error\[FILE_UNREADABLE\]: .*a folder/m)]);
    },
  );

  it.runIf(existsSync("/usr/bin/script"))("says that it waits where the input is a terminal", () => {
    // Of util-linux: gives a command a terminal of its own.
    const words = ["-qec", `${process.execPath} ${program} inspect`, "/dev/null"];
    const { stdout } = spawnSync("/usr/bin/script", words, { cwd: folder, input: "text\n\u0004", timeout: 20_000 });
    expect(String(stdout)).toMatch(/reading from the terminal; Ctrl-D ends it[\s\S]*0 envelopes/);
  });

  it("exits 1 with the code for a file that is not there", async () => {
    const { code, stderr } = await fieldseal(folder, ["policy", "check", "nowhere.json"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[FILE_UNREADABLE\]: /);
  });
});

/** The words of an example, without what a shell does. */
function wordsOf(example: string): string[] {
  const words = example.replace(/ [<>] .*/, "").match(/'[^']*'|\S+/g)!;
  return words.slice(1).map((word) => word.replaceAll("'", ""));
}
