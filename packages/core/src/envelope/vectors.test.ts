import { createPrivateKey, type KeyObject } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { opening, unwrapRsaOaep256 } from "../../../../test/crypto/node-primitives.ts";
import { FieldsealError } from "../errors/index.ts";
import { asDataKey, type Context, decryptionFailed, encodeContext, openEnvelope, parseEnvelope } from "./index.ts";
import { findEnvelopes, holdsEnvelopeLike } from "./syntax.ts";

interface Failure {
  readonly error: string;
}

/** The schema of vectors/README.md. */
type Vector = { readonly id: string; readonly title: string; readonly requirement: readonly string[] } & (
  | {
      readonly operation: "open";
      readonly privateKeyPem: string;
      readonly kid: string;
      readonly field: string;
      readonly context: Context;
      readonly envelope: string;
      readonly result: { readonly kind: string; readonly valueHex: string } | Failure;
    }
  | { readonly operation: "context"; readonly context: Context; readonly result: { readonly hex: string } | Failure }
  | { readonly operation: "find"; readonly text: string; readonly result: { readonly spans: unknown } | Failure }
  | { readonly operation: "like"; readonly text: string; readonly result: { readonly envelopeLike: boolean } }
);

const root = path.resolve(import.meta.dirname, "../../../..");
const folder = path.join(root, "vectors/native");
const files = readdirSync(folder).sort();
const vectors = files.map((file) => JSON.parse(readFileSync(path.join(folder, file), "utf8")) as Vector);
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** A reader with one key and one place, in the order of WF-26. */
function open(vector: Vector & { operation: "open" }): unknown {
  const envelope = parseEnvelope(Buffer.from(vector.envelope));
  const privateKey: KeyObject = createPrivateKey(vector.privateKeyPem);
  if (envelope.field !== vector.field) throw refused("ENVELOPE_MISPLACED");
  const context = encodeContext(vector.context);
  if (envelope.kid !== vector.kid) throw refused("KEY_UNKNOWN");
  if (envelope.alg !== "RSA-OAEP-256") throw refused("ENVELOPE_ALG_MISMATCH");
  if (envelope.wrapped.length * 8 !== privateKey.asymmetricKeyDetails?.modulusLength)
    throw refused("ENVELOPE_MALFORMED");
  const dataKey = unwrapRsaOaep256(privateKey, envelope.wrapped);
  if (dataKey === null) throw decryptionFailed();
  const { kind, value } = openEnvelope(envelope, asDataKey(dataKey, opening), context, opening);
  return { kind, valueHex: hexOf(value) };
}

function refused(code: FieldsealError["code"]): FieldsealError {
  return new FieldsealError(code, "refused before any key is used");
}

function resultOf(vector: Vector): unknown {
  try {
    switch (vector.operation) {
      case "open":
        return open(vector);
      case "context":
        return { hex: hexOf(encodeContext(vector.context)) };
      case "find":
        return { spans: findEnvelopes(Buffer.from(vector.text)).map(({ start, end }) => ({ start, end })) };
      case "like":
        return { envelopeLike: holdsEnvelopeLike(Buffer.from(vector.text)) };
    }
  } catch (error) {
    if (!(error instanceof FieldsealError)) throw error;
    return { error: error.code };
  }
}

describe("the vectors of the wire format", () => {
  it("are many, of each operation and of each failure class", () => {
    const count = (select: (vector: Vector) => boolean): number => vectors.filter(select).length;
    expect(count(({ operation }) => operation === "open")).toBeGreaterThanOrEqual(86);
    expect(count(({ operation }) => operation === "context")).toBeGreaterThanOrEqual(14);
    expect(count(({ operation }) => operation === "find")).toBeGreaterThanOrEqual(17);
    expect(count(({ operation }) => operation === "like")).toBeGreaterThanOrEqual(15);
    const errors = new Set(vectors.flatMap(({ result }) => ("error" in result ? [result.error] : [])));
    expect([...errors].sort()).toEqual([
      "CONTEXT_INVALID",
      "DECRYPTION_FAILED",
      "ENVELOPE_ALG_MISMATCH",
      "ENVELOPE_MALFORMED",
      "ENVELOPE_MISPLACED",
      "ENVELOPE_VERSION_UNSUPPORTED",
      "KEY_UNKNOWN",
    ]);
  });

  it("are named as their files, and cite requirements that the page has", () => {
    const page = readFileSync(path.join(root, "docs/wire-format.md"), "utf8");
    const requirements = new Set(page.match(/(?<=^\*\*)WF-[0-9]+(?=\*\* )/gm));
    expect(vectors.map(({ id }) => `${id}.json`)).toEqual(files);
    for (const { id, requirement } of vectors) {
      expect(requirement, id).not.toEqual([]);
      for (const number of requirement) expect(requirements, id).toContain(number);
    }
  });

  it.each(vectors.map((vector) => [vector.id, vector.title, vector] as const))("hold: %s (%s)", (_, __, vector) => {
    expect(resultOf(vector)).toEqual(vector.result);
  });
});
