import { publicEncrypt } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { decryptorOf } from "../../packages/decrypt/src/decryptor.ts";
import { pemKeys } from "../../packages/decrypt/src/index.ts";
import { createReader } from "../../packages/decrypt/src/options.ts";
import { openPrimitives, type ReaderPrimitives } from "../../packages/decrypt/src/primitives.ts";
import { bytesOf, json, p256Pair, pii } from "./fixtures.ts";
import { jweOf } from "./seal-jwe.ts";
import { oaep, sealUnder, type Wrapped, wrapP256, wrapRsa } from "./seal-native.ts";

const ec = p256Pair();
const keys = pemKeys({ "pii-1": pii.privateKey, "ec-1": ec.privateKey });
const context = { tenant: "acme" };

/** Primitives that write down each call: its name and, but for the check of a text, the lengths of what it got. */
function recording(): { readonly primitives: ReaderPrimitives; readonly calls: string[] } {
  const calls: string[] = [];
  const record = <Args extends unknown[], Result>(name: string, run: (...args: Args) => Result) => {
    return (...args: Args): Result => {
      const lengths = args.map((arg) => (arg instanceof Uint8Array ? arg.length : String(arg)));
      calls.push(name === "isUtf8" ? name : `${name}(${lengths.join()})`);
      return run(...args);
    };
  };
  return {
    calls,
    primitives: {
      isUtf8: record("isUtf8", openPrimitives.isUtf8),
      sha256: record("sha256", openPrimitives.sha256),
      hkdfSha256: record("hkdfSha256", openPrimitives.hkdfSha256),
      randomFill: record("randomFill", openPrimitives.randomFill),
      openAesGcm: record("openAesGcm", openPrimitives.openAesGcm),
    },
  };
}

interface Attempt {
  readonly calls: readonly string[];
  readonly error: object | null;
}

/** Everything that is visible of opening `envelope`: the calls, and the error with all that it says. */
async function attempt(envelope: string, given: Record<string, string> = context): Promise<Attempt> {
  const { primitives, calls } = recording();
  const decryptor = decryptorOf(createReader({ keys }, primitives));
  calls.length = 0;
  try {
    const bytes = bytesOf(JSON.stringify({ ssn: envelope }));
    await decryptor.decryptBody({ bytes, mediaType: json, context: given, expect: { ssn: "$.ssn" } });
    return { calls, error: null };
  } catch (error) {
    const { code, message, hint, field, offset, kid, retryable, cause } = error as Record<string, unknown>;
    return { calls, error: { code, message, hint, field, offset, kid, retryable, cause } };
  }
}

const native = { kid: "pii-1", field: "ssn", context };
const value = '"123-45-6789"';
const flipped = (envelope: string, fromEnd: number): string => {
  const at = envelope.length - fromEnd;
  return `${envelope.slice(0, at)}${envelope[at] === "A" ? "B" : "A"}${envelope.slice(at + 1)}`;
};
const garbage = (length: number): Uint8Array => new Uint8Array(length).fill(0xff);
const wrapValue = (bytes: Uint8Array): Wrapped => ({
  dataKey: garbage(32),
  wrapped: publicEncrypt({ key: pii.publicKey, ...oaep }, bytes),
});
const utf8Key = bytesOf("a value of thirty-two characters");

// Each seals a value of the same length, and breaks another thing.
const causes: Record<string, () => { readonly envelope: string; readonly context?: Record<string, string> }> = {
  "the key does not unwrap": () => ({
    envelope: sealUnder({ dataKey: garbage(32), wrapped: garbage(256) }, value, native),
  }),
  "another key wrapped it": () => {
    const { dataKey, wrapped } = wrapRsa(pii.publicKey);
    return { envelope: sealUnder({ dataKey, wrapped: wrapped.toReversed() }, value, native) };
  },
  "the data key is too short": () => ({ envelope: sealUnder(wrapValue(garbage(31)), value, native) }),
  "the data key is too long": () => ({ envelope: sealUnder(wrapValue(garbage(33)), value, native) }),
  "the data key is empty": () => ({ envelope: sealUnder(wrapValue(new Uint8Array(0)), value, native) }),
  "the data key is text": () => ({ envelope: sealUnder({ ...wrapValue(utf8Key), dataKey: utf8Key }, value, native) }),
  "the tag is wrong": () => ({ envelope: flipped(sealUnder(wrapRsa(pii.publicKey), value, native), 8) }),
  "the ciphertext was changed": () => ({ envelope: flipped(sealUnder(wrapRsa(pii.publicKey), value, native), 40) }),
  "the context is another": () => ({
    envelope: sealUnder(wrapRsa(pii.publicKey), value, native),
    context: { tenant: "evil" },
  }),
  "the context is missing": () => ({ envelope: sealUnder(wrapRsa(pii.publicKey), value, native), context: {} }),
  "the header was edited": () => ({
    envelope: sealUnder(wrapRsa(pii.publicKey), value, { ...native, field: "ssm" }).replace(".ssm.", ".ssn."),
  }),
  "the value is not UTF-8": () => ({ envelope: sealUnder(wrapRsa(pii.publicKey), garbage(13), native) }),
  "the value is not one JSON token": () => ({ envelope: sealUnder(wrapRsa(pii.publicKey), '"1", "x":"23"', native) }),
};

describe("every failure after key material is used", () => {
  let reference: Attempt;
  beforeAll(async () => {
    reference = await attempt(flipped(sealUnder(wrapRsa(pii.publicKey), value, native), 8));
    expect(reference.error).toMatchObject({ code: "DECRYPTION_FAILED" });
    expect(reference.calls.some((call) => call.startsWith("openAesGcm"))).toBe(true);
  });

  it.each(Object.keys(causes))("looks the same, calls included: %s", async (cause) => {
    const { envelope, context: given = context } = causes[cause]!();
    const found = await attempt(envelope, given);
    expect(found.error).toEqual(reference.error);
    // The AAD is as long as the context that the caller gave.
    const withoutAad = (calls: readonly string[]): string[] =>
      calls.map((call) => call.replace(/^openAesGcm\(32,12,\d+,/, "openAesGcm(32,12,aad,"));
    expect(withoutAad(found.calls)).toEqual(withoutAad(reference.calls));
  });

  it("makes the calls of one that succeeds, up to the end of opening", async () => {
    const { calls, error } = await attempt(sealUnder(wrapRsa(pii.publicKey), value, native));
    expect(error).toBeNull();
    const until = (of: readonly string[]): string[] =>
      of.slice(0, of.findIndex((call) => call.startsWith("openAesGcm")) + 1);
    expect(until(calls)).toEqual(until(reference.calls));
    expect(calls.length).toBe(reference.calls.length);
  });

  it("looks the same for P-256: a point off the curve, a changed tag, another context", async () => {
    const input = { ...native, kid: "ec-1", alg: "DHKEM-P256" } as const;
    const good = sealUnder(wrapP256(ec.publicKey), value, input);
    const offCurve = sealUnder({ dataKey: garbage(32), wrapped: Uint8Array.of(2, ...garbage(32)) }, value, input);
    const other = p256Pair();
    const stranger = sealUnder(wrapP256(other.publicKey), value, input);
    const attempts = [await attempt(flipped(good, 8)), await attempt(offCurve), await attempt(stranger)];
    expect(attempts[0]!.error).toMatchObject({ code: "DECRYPTION_FAILED" });
    for (const one of attempts) expect(one).toEqual(attempts[0]);
    expect((await attempt(good)).error).toBeNull();
  });

  it("looks the same for a JWE: wrapped key, tag, context", async () => {
    const input = { kid: "pii-1", field: "ssn", context, typ: "fs1-json" };
    const good = jweOf(wrapRsa(pii.publicKey), value, input);
    const refused = jweOf({ dataKey: garbage(32), wrapped: garbage(256) }, value, input);
    const attempts = [
      await attempt(flipped(good, 2)),
      await attempt(refused),
      await attempt(jweOf(wrapRsa(pii.publicKey), value, { ...input, context: { tenant: "evil" } })),
    ];
    expect(attempts[0]!.error).toMatchObject({ code: "DECRYPTION_FAILED" });
    for (const one of attempts) expect(one).toEqual(attempts[0]);
    expect((await attempt(good)).error).toBeNull();
  });
});
