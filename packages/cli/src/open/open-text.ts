// Opening envelopes in bytes of unknown form: everything outside them stays byte for byte, whatever its encoding.
import { randomUUID } from "node:crypto";
import { applyEdits, replacement } from "@fieldseal/core/body";
import { utf8Bytes, utf8Text } from "@fieldseal/core/bytes";
import { type Context, findEnvelopes, parseEnvelope } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy } from "@fieldseal/core/policy";
import type { Decryptor } from "@fieldseal/decrypt";

type Who = Parameters<Decryptor["decryptText"]>[2];

/**
 * `bytes` with each envelope replaced by its value as text.
 *
 * @throws {FieldsealError} `ENVELOPE_MISPLACED` for a field outside `fields` (null: any field), and the reader's codes.
 */
export async function openText(
  bytes: Uint8Array,
  options: { readonly fields: ReadonlySet<string> | null; readonly context: Context; readonly expect?: Policy },
  decryptor: Decryptor,
  who: Who,
): Promise<Uint8Array> {
  const { fields: allowed, ...place } = options;
  const spans = findEnvelopes(bytes);
  if (spans.length === 0) return bytes;
  const envelopes = spans.map(({ start, end }) => bytes.subarray(start, end));
  const fields = new Set<string>();
  for (const [index, envelope] of envelopes.entries()) {
    const { field } = parseEnvelope(envelope);
    if (allowed !== null && !allowed.has(field)) {
      const message = "an envelope names a field that the policy does not have";
      throw new FieldsealError("ENVELOPE_MISPLACED", message, { field, offset: spans[index]!.start });
    }
    fields.add(field);
  }
  // One call, so that each data key is unwrapped once; no value can hold the separator, which nobody has seen before.
  const separator = `\n${randomUUID()}\n`;
  const texts = envelopes.map(utf8Text).join(separator);
  const opened = (await decryptor.decryptText(texts, { ...place, fields: [...fields] }, who)).split(separator);
  const edits = spans.map(({ start, end }, index) => replacement(start, end, utf8Bytes(opened[index]!)));
  return applyEdits(bytes, edits);
}
