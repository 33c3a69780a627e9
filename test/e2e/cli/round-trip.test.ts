import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { customersPolicy, fieldseal, keygen, newFolder, program, writeJson } from "./run.ts";

const canary = "078-05-1120";
// Spellings that a parser and a printer would not give back.
const nasty = Buffer.from(
  `\ufeff{ "id" : 12345678901234567890 , "ssn":"${canary}","n":1.0,"n":-0.0,\r\n"u":"\\u00eb\\ud800",` +
    `"__proto__":{"~":1,"^":[ ]},"payments":[{"card":{"number":4.10e1}},{"card":{"number":{"a" : null}}}],"deep":{"ssn":["\\u0073"]}}\n`,
);

let folder: string;
const sealed = new Map<string, Buffer>();
const json = ["--content-type", "application/json"];
const key = ["--private-key", "pii-1=keys/pii-1.private.pem"];
const context = ["--context", "tenant=acme"];
const encrypt = ["encrypt", "--policy", "policy.json", "--path", "/v1/customers/7", ...json];

beforeAll(async () => {
  folder = newFolder();
  writeJson(folder, "policy.json", customersPolicy(await keygen(folder, "pii-1"), "pii-1"));
  sealed.set("json", (await fieldseal(folder, [...encrypt, ...context], nasty)).stdout);
});

describe("keygen", () => {
  it("writes the private key for its owner alone, and never over one that is there", async () => {
    const file = path.join(folder, "keys/pii-1.private.pem");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = readFileSync(file, "utf8");
    const { code, stdout, stderr } = await fieldseal(folder, ["keygen", "--kid", "pii-1", "--out", "keys"]);
    expect([code, stdout.length]).toEqual([1, 0]);
    expect(stderr).toMatch(/^error\[FILE_EXISTS\]: .*\nhint: /);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("leaves no part of a key where there is no room for it, which would be in the way of the next one", () => {
    const limited = `ulimit -f 0; exec '${process.execPath}' '${program}' keygen --kid full --out full`;
    const { status, stderr } = spawnSync("sh", ["-c", limited], { cwd: folder, encoding: "utf8" });
    expect([status, stderr.slice(0, 22)]).toEqual([1, "error[FILE_UNWRITABLE]"]);
    expect(readdirSync(path.join(folder, "full"))).toEqual([]);
  });

  it("prints the ring entry to stdout, and no private key anywhere", async () => {
    const { stdout, stderr } = await fieldseal(folder, ["keygen", "--bits", "3072", "--kid", "big", "--out", "keys"]);
    const { big } = JSON.parse(stdout.toString()) as Record<string, Record<string, string>>;
    expect(Object.keys(big!)).toEqual(["alg", "publicKey", "fingerprint"]);
    expect(big!.publicKey).toBe(readFileSync(path.join(folder, "keys/big.public.pem"), "utf8"));
    expect(stderr).toContain(big!.fingerprint);
    expect(stdout + stderr).not.toContain("PRIVATE KEY");
  });

  it("encrypts the private key under a passphrase, with which decrypt opens it", async () => {
    writeFileSync(path.join(folder, "passphrase"), "correct horse\n");
    writeFileSync(path.join(folder, "wrong"), "battery staple\n");
    const made = await fieldseal(folder, [
      "keygen",
      "--kid",
      "locked",
      "--out",
      "keys",
      "--passphrase-file",
      "passphrase",
    ]);
    writeJson(folder, "locked.json", customersPolicy(JSON.parse(made.stdout.toString()), "locked"));
    expect(readFileSync(path.join(folder, "keys/locked.private.pem"), "utf8")).toContain("ENCRYPTED PRIVATE KEY");
    const args = ["encrypt", "--policy", "locked.json", "--path", "/v1/customers", ...json, ...context];
    const { stdout } = await fieldseal(folder, args, nasty);
    const decrypt = [
      "decrypt",
      "--private-key",
      "locked=keys/locked.private.pem",
      "--policy",
      "locked.json",
      ...json,
      ...context,
    ];
    const opened = await fieldseal(folder, [...decrypt, "--passphrase-file", "passphrase"], stdout);
    expect(opened.stdout.equals(nasty)).toBe(true);
    const wrong = await fieldseal(folder, [...decrypt, "--passphrase-file", "wrong"], stdout);
    expect([wrong.code, wrong.stdout.length]).toEqual([1, 0]);
    expect(wrong.stderr).toMatch(/^error\[PRIVATE_KEY_INVALID\]: .* does not open with this passphrase\n/);
  });
});

describe("encrypt, then decrypt", () => {
  it("gives the very same bytes, and no value in between", async () => {
    const between = sealed.get("json")!;
    expect(between.toString()).not.toContain(canary);
    expect(between.toString().match(/fs1\.r\.pii-1\.(?:ssn|card-number)\./g)).toHaveLength(4);
    const args = ["decrypt", ...key, "--policy", "policy.json", ...json, ...context];
    const { code, stdout, stderr } = await fieldseal(folder, args, between);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.equals(nasty)).toBe(true);
  });

  it("warns when no policy says where envelopes may stand", async () => {
    const args = ["decrypt", ...key, ...json, ...context, "--context", "app=shop"];
    const several = ["decrypt", ...key, "other=keys/pii-1.private.pem", ...context, "app=shop", ...json];
    expect((await fieldseal(folder, several, sealed.get("json")!)).stdout).toEqual(nasty);
    const { code, stdout, stderr } = await fieldseal(folder, args, sealed.get("json"));
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: .*--policy/);
    expect(stdout.equals(nasty)).toBe(true);
  });

  it("refuses an envelope that was moved to another field's place", async () => {
    const [ssn] = /fs1\.r\.pii-1\.ssn\.[^"]*/.exec(sealed.get("json")!.toString())!;
    const moved = `{"payments":[{"card":{"number":"${ssn}"}}]}`;
    const args = ["decrypt", ...key, "--policy", "policy.json", ...json, ...context];
    const { code, stdout, stderr } = await fieldseal(folder, args, moved);
    expect([code, stdout.length]).toEqual([1, 0]);
    expect(stderr).toMatch(/^error\[ENVELOPE_MISPLACED\]: .*\n {2}field: ssn {2}offset: 31$/m);
  });

  it.each([
    ["another tenant", ["--context", "tenant=other"]],
    ["no context", []],
  ])("does not open under %s", async (_, other) => {
    const args = ["decrypt", ...key, "--policy", "policy.json", ...json, ...other];
    const { code, stdout, stderr } = await fieldseal(folder, args, sealed.get("json"));
    expect([code, stdout.length]).toEqual([1, 0]);
    // The same words for every cause.
    expect(stderr).toBe(
      "error[DECRYPTION_FAILED]: the envelope does not open\n" +
        "hint: the key, the --context or the envelope is another one: which of them is told to nobody\n",
    );
  });

  it("opens envelopes in any text, and keeps bytes of any encoding", async () => {
    const [ssn] = /fs1\.r\.pii-1\.ssn\.[^"]*/.exec(sealed.get("json")!.toString())!;
    const latin = (text: string): Buffer =>
      Buffer.concat([Buffer.from([0xe9, 0xff, 0x20]), Buffer.from(text), Buffer.from([0x20, 0x80, 0x0a])]);
    const args = ["decrypt", ...key, "--policy", "policy.json", ...context];
    const { code, stdout } = await fieldseal(folder, args, latin(`ssn=${ssn}, again: ${ssn}`));
    expect(code).toBe(0);
    expect(stdout.equals(latin(`ssn=${canary}, again: ${canary}`))).toBe(true);
  });

  it("says so where a text holds nothing that it opens", async () => {
    const args = ["decrypt", ...key, "--policy", "policy.json", ...context];
    const { code, stdout, stderr } = await fieldseal(folder, args, "plain\n");
    expect([code, stdout.toString()]).toEqual([0, "plain\n"]);
    expect(stderr).toMatch(/^warning: nothing was opened: .*\nhint: .*--content-type\n$/);
  });

  it.each([
    ["application/x-ndjson", '{"note":"plain"}\n'],
    ["text/csv", "id,ssn\n1,plain\n"],
  ])("says so where records of %s hold nothing that it opens", async (type, text) => {
    const args = ["decrypt", ...key, "--policy", "policy.json", ...context, "--content-type", type];
    const { code, stdout, stderr } = await fieldseal(folder, args, text);
    expect([code, stdout.toString()]).toEqual([0, text]);
    expect(stderr).toMatch(/^warning: nothing was opened: .*\nhint: .*principal\n$/);
    const [ssn] = /fs1\.r\.pii-1\.ssn\.[^"]*/.exec(sealed.get("json")!.toString())!;
    const line = type === "text/csv" ? `2,${ssn}\n` : `{"ssn":"${ssn}"}\n`;
    expect((await fieldseal(folder, args, text + line)).stderr).toBe("");
  });

  it("refuses fields in free text that the policy does not have", async () => {
    const narrow = customersPolicy(JSON.parse(readFileSync(path.join(folder, "policy.json"), "utf8")).keys, "pii-1");
    (narrow.routes as { fields: unknown[] }[])[0]!.fields.shift();
    writeJson(folder, "narrow.json", narrow);
    const args = ["decrypt", ...key, "--policy", "narrow.json", ...context];
    const { code, stderr } = await fieldseal(folder, args, sealed.get("json"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[ENVELOPE_MISPLACED\]/);
  });

  it("shows a principal what the access rules give", async () => {
    const fields = { ssn: { mask: 4 }, "*": "none" };
    writeJson(folder, "access.json", { rules: [{ principal: "role:support", fields }] });
    const args = ["decrypt", ...key, "--policy", "policy.json", ...json, ...context, "--access", "access.json"];
    const body = (await fieldseal(folder, [...encrypt, ...context], `{"ssn":"${canary}"}`)).stdout;
    const support = await fieldseal(folder, [...args, "--principal", "role:support"], body);
    expect(support.stdout.toString()).toBe('{"ssn":"****1120"}');
    const nobody = await fieldseal(folder, args, body);
    expect(nobody.stdout.equals(body)).toBe(true);
    expect(nobody.stderr).toMatch(/^warning: without --principal .*\nwarning: nothing was opened: /);
    const plain = await fieldseal(folder, ["decrypt", ...key, "--policy", "policy.json", ...json], '{"ssn":"1"}');
    expect([plain.code, plain.stderr]).toEqual([0, expect.stringMatching(/^warning: nothing was opened: .*\nhint: /)]);
  });
});

describe("encrypt", () => {
  it.each([
    ["MEDIA_TYPE_MISMATCH", ["--content-type", "application/x-www-form-urlencoded"], `ssn=${canary}`, "/v1/customers"],
    ["BODY_MALFORMED", json, `{"ssn":"${canary}"`, "/v1/customers"],
    ["ROUTE_UNMATCHED", json, `{"ssn":"${canary}"}`, "/v2"],
    ["FIELD_NAME_VARIANT", json, `{"SSN":"${canary}"}`, "/v1/customers"],
  ])("answers %s with nothing on stdout and no value on stderr", async (code, type, body, at) => {
    const args = ["encrypt", "--policy", "policy.json", "--path", at, ...type, ...context];
    const outcome = await fieldseal(folder, args, body);
    expect([outcome.code, outcome.stdout.length]).toEqual([1, 0]);
    expect(outcome.stderr).toMatch(new RegExp(`^error\\[${code}\\]: [^A-Z]`));
    expect(outcome.stderr).not.toContain(canary);
    const asJson = await fieldseal(folder, [...args, "--json"], body);
    expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { code } });
    expect(asJson.stderr.trim().split("\n")).toHaveLength(1);
  });

  it("names field, selector and offset", async () => {
    const { stderr } = await fieldseal(folder, [...encrypt, ...context], `{"Ssn":"${canary}"}`);
    expect(stderr).toMatch(/^ {2}field: ssn {2}selector: \$\.\.ssn {2}offset: 7$/m);
  });

  it("passes on what no route covers, with a warning, where the policy forwards it", async () => {
    const policy = JSON.parse(readFileSync(path.join(folder, "policy.json"), "utf8")) as Record<string, unknown>;
    writeJson(folder, "forward.json", { ...policy, onUnmatched: "forward" });
    const { code, stdout, stderr } = await fieldseal(folder, ["encrypt", "--policy", "forward.json", ...json], nasty);
    expect(code).toBe(0);
    expect(stdout.equals(nasty)).toBe(true);
    expect(stderr).toMatch(/^warning: no route/);
  });

  it("tells file, line and column of a mistake in the policy", async () => {
    writeFileSync(path.join(folder, "bad.json"), '{\n  "version": 1,\n  "ident": "x"\n}');
    const { code, stderr } = await fieldseal(folder, ["encrypt", "--policy", "bad.json", ...json], nasty);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[POLICY_INVALID\]: bad\.json:3:3: \/ident: /);
  });
});

describe("encrypt, for a request that no route covers", () => {
  it("says which method and path were taken, since one may have been left out", async () => {
    const { code, stderr } = await fieldseal(folder, ["encrypt", "--policy", "policy.json", ...json], "{}");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[ROUTE_UNMATCHED\]: .*\nhint: asked for POST \//);
    const bare = await fieldseal(folder, encrypt, '{"ssn":"1"}');
    expect(bare.stderr).toMatch(/^error\[CONTEXT_MISSING\]: .*\nhint: --context NAME=VALUE/);
  });
});

describe("a private key in the policy", () => {
  it.each([
    ["policy", "check", "secret.json"],
    ["encrypt", "--policy", "secret.json", ...json],
    ["policy", "diff", "policy.json", "secret.json"],
  ])("is told as one by %s %s, with its place", async (...words) => {
    const policy = JSON.parse(readFileSync(path.join(folder, "policy.json"), "utf8")) as {
      keys: Record<string, { publicKey: string }>;
    };
    policy.keys["pii-1"]!.publicKey = readFileSync(path.join(folder, "keys/pii-1.private.pem"), "utf8");
    writeJson(folder, "secret.json", policy);
    const { code, stdout, stderr } = await fieldseal(folder, words, "{}");
    expect([code, stdout.length]).toEqual([1, 0]);
    expect(stderr).toMatch(/^error\[SECRET_KEY_REFUSED\]: secret\.json:\d+:\d+: \/keys\/pii-1\/publicKey: /);
  });
});

describe("inspect", () => {
  it("lists envelopes without a key: offset, alg, kid, field and sizes", async () => {
    const text = sealed.get("json")!;
    const { code, stdout } = await fieldseal(folder, ["inspect", "--json"], text);
    expect(code).toBe(0);
    const { envelopes } = JSON.parse(stdout.toString()) as { envelopes: Record<string, unknown>[] };
    expect(envelopes).toHaveLength(4);
    const [first] = envelopes;
    const offset = text.indexOf("fs1.");
    const expected = { offset, alg: "RSA-OAEP-256", kid: "pii-1", field: "ssn", wrappedBytes: 256, sealedBytes: 60 };
    expect(first).toMatchObject({ ...expected, valueBytesAtMost: 30 });
    const table = await fieldseal(folder, ["inspect"], text);
    expect(table.stdout.toString().split("\n")[1]).toMatch(new RegExp(`^${offset} +RSA-OAEP-256 +pii-1 +ssn `));
    expect(table.stderr).toBe("4 envelopes\n");
  });

  it("tells of every envelope that it cannot read, and of those around them, and fails at the end", async () => {
    const malformed = `fs1.r.a.b.${"A".repeat(8)}.${"B".repeat(64)}.fs`;
    const text = `see ${malformed} and ${malformed.replace("fs1", "fs2")}, ${sealed.get("json")!}`;
    const { code, stdout, stderr } = await fieldseal(folder, ["inspect", "--json"], text);
    expect(code).toBe(1);
    const { envelopes, unreadable } = JSON.parse(stdout.toString()) as Record<string, object[]>;
    expect(envelopes).toHaveLength(4);
    expect(unreadable).toMatchObject([
      { offset: 4, length: malformed.length, code: "ENVELOPE_MALFORMED" },
      { offset: text.indexOf("fs2"), length: malformed.length, code: "ENVELOPE_VERSION_UNSUPPORTED" },
    ]);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "ENVELOPE_MALFORMED", offset: 4 } });
    const people = await fieldseal(folder, ["inspect"], text);
    expect(people.stdout.toString()).toMatch(new RegExp(`^4 +${malformed.length} +ENVELOPE_MALFORMED `, "m"));
    expect(people.stderr).toMatch(/^4 envelopes\nerror\[ENVELOPE_MALFORMED\]: of 6 envelopes 2 /);
  });
});

describe("a private key of another kind", () => {
  it("is refused", async () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    writeFileSync(path.join(folder, "ed.pem"), privateKey.export({ format: "pem", type: "pkcs8" }));
    const { code, stderr } = await fieldseal(
      folder,
      ["decrypt", "--private-key", "pii-1=ed.pem", ...json],
      sealed.get("json"),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[PRIVATE_KEY_INVALID\]/);
  });

  it.each([
    ["the public half", "keys/pii-1.public.pem", /PEM of a PUBLIC KEY\nhint: give the private half/],
    ["an empty file", "empty.pem", /is empty\nhint: /],
    ["no PEM", "no.pem", /is no PEM\nhint: /],
    ["a key that a passphrase locks", "keys/locked.private.pem", /is encrypted\nhint: .*--passphrase-file/],
    ["a key of which a line is missing", "cut.pem", /is a damaged PEM\nhint: /],
  ])("is told as what it is: %s", async (_, file, says) => {
    writeFileSync(path.join(folder, "empty.pem"), "");
    writeFileSync(path.join(folder, "no.pem"), "MIIE\n");
    const whole = readFileSync(path.join(folder, "keys/pii-1.private.pem"), "utf8");
    writeFileSync(path.join(folder, "cut.pem"), whole.split("\n").toSpliced(3, 1).join("\n"));
    const outcome = await fieldseal(folder, ["decrypt", "--private-key", `pii-1=${file}`], sealed.get("json"));
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(/^error\[PRIVATE_KEY_INVALID\]: /m);
    expect(outcome.stderr).toMatch(says);
  });

  it("may have the line ends of Windows", async () => {
    const pem = readFileSync(path.join(folder, "keys/pii-1.private.pem"), "utf8");
    writeFileSync(path.join(folder, "crlf.pem"), pem.replaceAll("\n", "\r\n"));
    const args = ["decrypt", "--private-key", "pii-1=crlf.pem", "--policy", "policy.json", ...json, ...context];
    expect((await fieldseal(folder, args, sealed.get("json"))).stdout.equals(nasty)).toBe(true);
  });
});
