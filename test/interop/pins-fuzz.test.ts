// What pins let in, held against a model that knows nothing of formats: of each value its key id, its digest, its record.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BodyToDecrypt, createDecryptor, type Decryptor, pemKeys } from "../../packages/decrypt/src/index.ts";
import { bytesOf, json, p256Pair, pci, pii } from "./fixtures.ts";
import { jweOf } from "./seal-jwe.ts";
import { sealUnder, type Wrapped, wrapP256, wrapRsa } from "./seal-native.ts";

const ec = p256Pair();
const direct = [{ prefix: "{f~", suffix: "~f}", fields: ["note"], kid: "pci-1" }];
const keys = pemKeys({ "pii-1": pii.privateKey, "pci-1": pci.privateKey, "ec-1": ec.privateKey });
const access = {
  rules: [
    { principal: "role:few", fields: { ssn: "full" } },
    { principal: "role:all", fields: { "*": "full" } },
  ],
} as const;

interface Value {
  readonly text: string;
  readonly kid: string;
  readonly digest: string;
  readonly field: string;
}

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64url");
const value = (text: string, kid: string, field: string, { wrapped }: Pick<Wrapped, "wrapped">): Value => {
  return { text, kid, field, digest: digestOf(wrapped) };
};
const rsa = [0, 1, 2].map(() => wrapRsa(pii.publicKey));
const large = [0, 1].map(() => wrapRsa(pci.publicKey));
const points = [0, 1].map(() => wrapP256(ec.publicKey));
const fields = ["ssn", "email"];
const secret = wrapRsa(pci.publicKey, bytesOf("x"));
const values: Value[] = fields.flatMap((field) => [
  ...rsa.map((key) => value(sealUnder(key, '"x"', { kid: "pii-1", field }), "pii-1", field, key)),
  ...large.map((key) => value(sealUnder(key, '"x"', { kid: "pci-1", field }), "pci-1", field, key)),
  ...points.map((key) => value(sealUnder(key, '"x"', { kid: "ec-1", field, alg: "DHKEM-P256" }), "ec-1", field, key)),
  ...rsa.map((key) => value(jweOf(key, "x", { kid: "pii-1", field }), "pii-1", field, key)),
]);
// A value of its own, which stands in no receipt, and one that does not open.
values.push(value(`{f~${Buffer.from(secret.wrapped).toString("base64")}~f}`, "pci-1", "note", secret));
values.push(value(values[0]!.text.replace(".ssn.", ".pan."), "pii-1", "pan", rsa[0]!));
const broken = values.at(-1)!;

/** Records, each of a few values. */
const index = fc.oneof({ weight: 6, arbitrary: fc.nat(values.length - 1) }, fc.constant(values.indexOf(broken)));
const records = fc.array(fc.array(index, { maxLength: 3 }), { minLength: 1, maxLength: 4 });
const digests = [...new Set(values.map(({ digest }) => digest))];
const pinned = fc.subarray(digests).chain((some) => fc.constantFrom(some, digests, digests.slice(0, 1)));
const pins = fc.oneof(
  fc.constant({}),
  fc.record(
    {
      sameDataKey: fc.boolean(),
      expectDataKeys: fc.dictionary(
        fc.constantFrom("pii-1", "pci-1", "ec-1"),
        fc.oneof(pinned, fc.constantFrom(...digests)),
        { noNullPrototype: true },
      ),
    },
    { requiredKeys: [] },
  ),
);
type Pins = Pick<BodyToDecrypt, "sameDataKey" | "expectDataKeys">;

const isCsv = (mediaType: string): boolean => mediaType === "text/csv";
const columns = ["a", "b", "c"];
/** What may be wrong of a body: each record of CSV stands for itself, in all else the whole does. */
function isUnpinned(
  all: readonly (readonly Value[])[],
  mediaType: string,
  { sameDataKey = false, expectDataKeys }: Pins,
): boolean {
  const groups = isCsv(mediaType) ? all : [all.flat()];
  return groups.some((group) => {
    const byKid = Map.groupBy(group, ({ kid }) => kid);
    return [...byKid].some(([kid, ones]) => {
      const allowed = [expectDataKeys?.[kid] ?? []].flat();
      const isForeign = expectDataKeys !== undefined && ones.some(({ digest }) => !allowed.includes(digest));
      return isForeign || (sameDataKey && new Set(ones.map(({ digest }) => digest)).size > 1);
    });
  });
}

const write: Readonly<Record<string, (all: readonly (readonly string[])[]) => string>> = {
  [json]: (all) => JSON.stringify(all),
  "application/x-ndjson": (all) => all.map((one) => `${JSON.stringify(one)}\n`).join(""),
  "text/csv": (all) =>
    [columns, ...all.map((one) => columns.map((_, i) => one[i] ?? "-"))].map((row) => `${row.join(",")}\n`).join(""),
  "text/plain": (all) => all.map((one) => one.join(" ")).join("\n"),
  "application/x-www-form-urlencoded": (all) =>
    all
      .flat()
      .map((text, i) => `${i}=${encodeURIComponent(text)}`)
      .join("&"),
};

const shown = (one: Value, onFieldError: string, sees: readonly string[]): string => {
  if (!sees.includes(one.field)) return one.text;
  if (one !== broken) return "x";
  return onFieldError === "mark" ? "[DECRYPTION_FAILED]" : one.text;
};

describe("pinned data keys, held against a model", () => {
  const decryptors: Decryptor[] = [{}, { cache: false } as const, { cache: { maxUses: 2 } }].map((more) =>
    createDecryptor({ keys, direct, access, ...more }),
  );
  const body = fc.record({
    records,
    pins,
    mediaType: fc.constantFrom(...Object.keys(write)),
    onFieldError: fc.constantFrom("fail", "leave", "mark"),
  });
  it("let in what the model does, and nothing else: moved, repeated, left out, denied, broken, alone and in batches", async () => {
    const counts = { refused: 0, opened: 0, failed: 0 };
    const property = fc.asyncProperty(
      fc.array(body, { minLength: 1, maxLength: 4 }),
      fc.nat(2),
      fc.constantFrom("role:all", "role:few"),
      async (bodies, at, principal) => {
        const sees = principal === "role:few" ? ["ssn"] : ["ssn", "email", "note", "pan"];
        const asked = bodies.map(({ records, pins, mediaType, onFieldError }) => {
          const all = records.map((record) => record.map((index) => values[index]!));
          const bytes = bytesOf(write[mediaType]!(all.map((record) => record.map(({ text }) => text))));
          const isSeen = (one: Value): boolean => sees.includes(one.field);
          const unpinned = isUnpinned(all, mediaType, pins);
          const fails = onFieldError === "fail" && all.flat().some((one) => one === broken && isSeen(one));
          const opened = write[mediaType]!(all.map((record) => record.map((one) => shown(one, onFieldError, sees))));
          const expected = unpinned ? "DATA_KEY_UNEXPECTED" : fails ? "DECRYPTION_FAILED" : opened;
          return { body: { bytes, mediaType, onFieldError, ...pins } as BodyToDecrypt, expected };
        });
        const results = await decryptors[at]!.decryptBodies(
          asked.map((one) => one.body),
          { principal },
        );
        for (const [index, result] of results.entries()) {
          const got = "error" in result ? result.error.code : Buffer.from(result.bytes).toString();
          const decoded = (text: string): string => text.replaceAll(/%5B|%5D/gi, (one) => decodeURIComponent(one));
          expect(decoded(got)).toBe(decoded(asked[index]!.expected));
          counts[got === "DATA_KEY_UNEXPECTED" ? "refused" : got === "DECRYPTION_FAILED" ? "failed" : "opened"]++;
        }
      },
    );
    await fc.assert(property, { numRuns: Number(process.env.PIN_RUNS ?? 300) });
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(20);
  });
});
