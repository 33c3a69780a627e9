import { generateKeyPairSync, type KeyObject } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { codeOf } from "../../../../test/crypto/error-code.ts";
import { opening, sealing, unwrapRsaOaep256 } from "../../../../test/crypto/node-primitives.ts";
import { type Context, encodeContext } from "./context.ts";
import { asDataKey, decryptionFailed } from "./data-key.ts";
import { type OpenedValue, openEnvelope } from "./open.ts";
import type { PlaintextKind } from "./plaintext.ts";
import { createFieldSealer, type EnvelopeShape, envelopeLength, spellWrapped } from "./seal.ts";
import { parseEnvelope } from "./syntax.ts";
import { wrapDataKey } from "./wrap.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const keyPairs = new Map<number, { publicKey: KeyObject; privateKey: KeyObject }>();
const context: Context = { tenant: "acme", app: "shop" };
const ssn = '"123-45-6789"';

beforeAll(() => {
  for (const bits of [2048, 3072, 4096]) keyPairs.set(bits, generateKeyPairSync("rsa", { modulusLength: bits }));
});

interface Sealed {
  readonly text: string;
  readonly shape: EnvelopeShape;
  /** A second value of the same field, under the same data key. */
  readonly sibling: string;
}

function seal(value: Uint8Array, options: Partial<{ bits: number; pad: number; kind: PlaintextKind }> = {}): Sealed {
  const { bits = 2048, pad = 32, kind = "json" } = options;
  const { publicKey } = keyPairs.get(bits)!;
  const random = new Uint8Array(32);
  sealing.randomFill(random);
  const key = sealing.importWrappingKey(publicKey.export({ format: "der", type: "spki" }));
  const { dataKey, wrapped } = wrapDataKey("RSA-OAEP-256", key, random, sealing);
  const shape = { alg: "RSA-OAEP-256", kid: "pii-1", field: "ssn", wrappedLength: bits / 8, pad } as const;
  const sealer = createFieldSealer(
    {
      shape,
      kind,
      wrappedText: spellWrapped(wrapped),
      key: sealing.importSealingKey(dataKey),
      context: encodeContext(context),
    },
    sealing,
  );
  const write = (): string => {
    const iv = new Uint8Array(12);
    sealing.randomFill(iv);
    const out = new Uint8Array(envelopeLength(shape, value.length) + 10).fill(0x2a);
    const body = Buffer.concat([ascii("before"), value, ascii("behind")]);
    const end = sealer.seal(body, 6, 6 + value.length, iv, out, 5);
    expect(Buffer.from(out).subarray(0, 5).toString() + Buffer.from(out).subarray(end).toString()).toMatch(/^\*{10}$/);
    return Buffer.from(out).subarray(5, end).toString();
  };
  return { text: write(), shape, sibling: write() };
}

const unwrapped = new Map<string, Uint8Array | null>();

/** The reader's steps with a real private key: parse, unwrap, open. */
function open(text: Uint8Array, given: Context = context, bits = 2048): OpenedValue {
  const envelope = parseEnvelope(text);
  const { privateKey } = keyPairs.get(bits)!;
  const id = Buffer.from(envelope.wrapped).toString("hex");
  if (!unwrapped.has(id)) unwrapped.set(id, unwrapRsaOaep256(privateKey, envelope.wrapped));
  const dataKey = unwrapped.get(id);
  if (dataKey == null) throw decryptionFailed();
  return openEnvelope(envelope, asDataKey(dataKey, opening), encodeContext(given), opening);
}

describe("native envelopes", () => {
  it("open to the kind and the very bytes that were sealed", () => {
    const kinds = fc.constantFrom<PlaintextKind>("json", "form", "xml", "text");
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 200 }),
        kinds,
        fc.integer({ min: 1, max: 64 }),
        (text, kind, pad) => {
          const value = Buffer.from(text);
          const opened = open(ascii(seal(value, { kind, pad }).text));
          expect(opened.kind).toBe(kind);
          expect(Buffer.from(opened.value).equals(value)).toBe(true);
        },
      ),
    );
  });

  it.each([2048, 3072, 4096])("open under RSA-%i, at exactly the announced length", (bits) => {
    for (const length of [0, 1, 11, 30, 31, 100]) {
      const value = new Uint8Array(length).fill(0x61);
      const { text, shape } = seal(value, { bits });
      expect(text).toHaveLength(envelopeLength(shape, length));
      expect(Buffer.from(open(ascii(text), context, bits).value).equals(value)).toBe(true);
    }
  });

  it("grow an eleven-byte value to the length that the wire format says", () => {
    const shape = { kid: "pii-1", field: "ssn", pad: 32 } as const;
    const rsa = (bits: number): EnvelopeShape => ({ ...shape, alg: "RSA-OAEP-256", wrappedLength: bits / 8 });
    expect([2048, 3072, 4096].map((bits) => envelopeLength(rsa(bits), 11))).toEqual([442, 612, 783]);
    expect(envelopeLength({ ...shape, alg: "DHKEM-P256", wrappedLength: 33 }, 11)).toBe(144);
  });

  it("consist of A-Z, a-z, 0-9, -, _ and dots only", () => {
    expect(seal(ascii(ssn)).text).toMatch(/^fs1\.r\.pii-1\.ssn\.[A-Za-z0-9_-]{342}\.[A-Za-z0-9_-]{80}\.fs$/);
  });

  it("hide lengths below the next multiple of pad", () => {
    const lengths = Array.from({ length: 31 }, (_, length) => seal(new Uint8Array(length)).text.length);
    expect(new Set(lengths).size).toBe(1);
    expect(seal(new Uint8Array(31)).text.length).toBeGreaterThan(lengths[0]!);
  });

  it("of one value differ each time", () => {
    const { text, sibling } = seal(ascii(ssn));
    expect(sibling).not.toBe(text);
    expect(open(ascii(sibling))).toEqual(open(ascii(text)));
  });

  it("do not open with any one bit flipped: a code of the syntax, or the opaque one", () => {
    const text = ascii(seal(ascii(ssn)).text);
    const codes = new Map<string | undefined, number>();
    for (let at = 0; at < text.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = Uint8Array.from(text);
        flipped[at]! ^= 1 << bit;
        const code = codeOf(() => open(flipped));
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
    }
    expect([...codes.keys()].sort()).toEqual([
      "DECRYPTION_FAILED",
      "ENVELOPE_MALFORMED",
      "ENVELOPE_VERSION_UNSUPPORTED",
    ]);
    expect([...codes.values()].reduce((a, b) => a + b)).toBe(text.length * 8);
  });

  it("do not open cut anywhere, nor with a character more anywhere", () => {
    const { text } = seal(ascii(ssn));
    for (let at = 0; at < text.length; at++) {
      expect(codeOf(() => open(ascii(text.slice(0, at) + text.slice(at + 1))))).toMatch(/^(?:ENVELOPE|DECRYPTION)_/);
      const longer = `${text.slice(0, at)}A${text.slice(at)}`;
      expect(codeOf(() => open(ascii(longer)))).toMatch(/^(?:ENVELOPE|DECRYPTION)_/);
    }
  });

  it.each([
    ["kid", (text: string) => text.replace(".pii-1.", ".pii-2.")],
    ["kid, a case changed", (text: string) => text.replace(".pii-1.", ".PII-1.")],
    ["kid, a character longer", (text: string) => text.replace(".pii-1.", ".pii-10.")],
    ["field", (text: string) => text.replace(".ssn.", ".tel.")],
    ["field, a case changed", (text: string) => text.replace(".ssn.", ".Ssn.")],
    ["kid and field, a character moved over the dot", (text: string) => text.replace(".pii-1.ssn.", ".pii-1s.sn.")],
    ["kid and field, exchanged", (text: string) => text.replace(".pii-1.ssn.", ".ssn.pii-1.")],
  ])("do not open with another %s", (_, edit) => {
    const { text } = seal(ascii(ssn));
    expect(edit(text)).not.toBe(text);
    expect(codeOf(() => open(ascii(edit(text))))).toBe("DECRYPTION_FAILED");
  });

  it.each<[string, Context]>([
    ["no context", {}],
    ["another value", { tenant: "acme2", app: "shop" }],
    ["another case", { tenant: "Acme", app: "shop" }],
    ["a pair less", { tenant: "acme" }],
    ["a pair more", { tenant: "acme", app: "shop", more: "x" }],
    ["another key", { tenants: "acme", app: "shop" }],
    ["values exchanged", { tenant: "shop", app: "acme" }],
    ["characters moved from value to key", { tenanta: "cme", app: "shop" }],
  ])("do not open under %s", (_, other) => {
    const { text } = seal(ascii(ssn));
    expect(codeOf(() => open(ascii(text), other))).toBe("DECRYPTION_FAILED");
  });

  it("open under the context in any order", () => {
    const { text } = seal(ascii(ssn));
    expect(codeOf(() => open(ascii(text), { app: "shop", tenant: "acme" }))).toBeUndefined();
  });

  it("do not open with the wrapped key or the sealed part of another, not even one that opens", () => {
    const [a, b] = [seal(ascii(ssn)), seal(ascii(ssn))];
    const parts = a.text.split(".");
    const others = b.text.split(".");
    for (const index of [4, 5]) {
      const mixed = parts.with(index, others[index]!).join(".");
      expect(codeOf(() => open(ascii(mixed)))).toBe("DECRYPTION_FAILED");
    }
  });

  it("do not open with another private key of the same size", () => {
    const { text } = seal(ascii(ssn));
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    expect(unwrapRsaOaep256(privateKey, parseEnvelope(ascii(text)).wrapped)).toBeNull();
  });

  it("do not open where what was wrapped is text", () => {
    const wrappedText = sealing.sealRsaOaep256(
      sealing.importWrappingKey(keyPairs.get(2048)!.publicKey.export({ format: "der", type: "spki" })),
      ascii("a value of thirty-two characters"),
    );
    const parts = seal(ascii(ssn)).text.split(".");
    const text = parts.with(4, Buffer.from(wrappedText).toString("base64url")).join(".");
    const bytes = unwrapRsaOaep256(keyPairs.get(2048)!.privateKey, parseEnvelope(ascii(text)).wrapped);
    expect(Buffer.from(bytes!).toString()).toBe("a value of thirty-two characters");
    expect(codeOf(() => open(ascii(text)))).toBe("DECRYPTION_FAILED");
  });
});
