// Many bodies at once, each failing alone: the one place where hosts hand a batch to the decryptor.
import type { Who } from "@fieldseal/core/access";
import { FieldsealError } from "@fieldseal/core/errors";
import type { BodyToDecrypt, Decryptor } from "../decryptor.ts";

/** One body of a batch: opened, or why not. */
export type BodyResult = { readonly bytes: Uint8Array } | { readonly error: FieldsealError };

export async function openBodies(
  decryptor: Decryptor,
  bodies: readonly BodyToDecrypt[],
  who: Who,
): Promise<BodyResult[]> {
  return await Promise.all(bodies.map((body) => openBody(decryptor, body, who)));
}

async function openBody(decryptor: Decryptor, body: BodyToDecrypt, who: Who): Promise<BodyResult> {
  try {
    return { bytes: await decryptor.decryptBody(body, who) };
  } catch (error) {
    if (error instanceof FieldsealError) return { error };
    throw error;
  }
}
