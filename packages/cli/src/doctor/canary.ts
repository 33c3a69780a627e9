// A random value sealed with each key of a policy and opened again: whoever holds the private halves can read what the
// edge seals. Asks key providers, else pure.
import { randomBytes } from "node:crypto";
import { FieldsealError } from "@fieldseal/core/errors";
import { createDecryptor, type KeyProvider } from "@fieldseal/decrypt";
import { encryptBodySync, type PolicyDocument, parsePolicy } from "@fieldseal/edge-encrypt";
import { kmsHints } from "../aws/kms-hints.ts";
import { type Check, checksOf } from "./check.ts";

const mediaType = "application/json";

/** One check for each key of the ring; keys that only decrypt are tried as well, since old envelopes need them. */
export async function checkCanaries(
  document: PolicyDocument,
  kids: readonly string[],
  keys: KeyProvider,
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const kid of kids) checks.push(await checkCanary(document, kid, keys));
  return checks;
}

async function checkCanary({ keys: ring }: PolicyDocument, kid: string, keys: KeyProvider): Promise<Check> {
  const check = checksOf(kid);
  if (keys.find(kid) === undefined) {
    return check("key-canary", false, "no private key", `give --private-key ${kid}=FILE, or --kms and the key's ARN`);
  }
  const { status: _, ...entry } = ring[kid]!;
  const select = "$.canary";
  const fields = [{ name: "canary", select, action: "encrypt" as const, key: kid }];
  const policy = parsePolicy({ version: 1, id: "canary", keys: { [kid]: entry }, routes: [{ path: "/", fields }] });
  const bytes = Buffer.from(JSON.stringify({ canary: randomBytes(16).toString("hex") }));
  const decryptor = createDecryptor({ keys });
  try {
    const sealed = encryptBodySync({ bytes, mediaType }, policy);
    const opened = await decryptor.decryptBody({ bytes: sealed, mediaType, expect: { canary: select } });
    const isSame = Buffer.compare(opened, bytes) === 0 && Buffer.compare(sealed, bytes) !== 0;
    return check("key-canary", isSame, isSame ? "sealed and opened" : "opened as another value", "report this");
  } catch (error) {
    const code = error instanceof FieldsealError ? error.code : "INTERNAL_ERROR";
    return check("key-canary", false, code, hints[code] ?? "see the code's row in docs/errors.md");
  } finally {
    await decryptor.close();
  }
}

const otherHalf =
  "the private key is not the half of the policy's public key: pull the key again, or find the right one";
const hints: Readonly<Record<string, string>> = {
  ...kmsHints,
  DECRYPTION_FAILED: otherHalf,
  ENVELOPE_ALG_MISMATCH: otherHalf,
};
