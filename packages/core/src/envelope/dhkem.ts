// DHKEM(P-256, HKDF-SHA256) of RFC 9180, section 4.1, as far as sender and reader share it. Pure; primitives as arguments.
// The KEM's shared secret is the data key: there is no HPKE key schedule behind it.
import { concat, utf8Bytes } from "../bytes/index.ts";
import type { KdfPrimitives } from "./primitives.ts";

const secretLength = 32;
const versionLabel = utf8Bytes("HPKE-v1");
/** "KEM" || I2OSP(0x0010, 2) */
const suiteId = Uint8Array.of(0x4b, 0x45, 0x4d, 0x00, 0x10);

/**
 * ExtractAndExpand(dh, enc || pkRm): the 32-byte shared secret of the KEM (RFC 9180, section 4.1).
 *
 * @param input `dh`: the x-coordinate that both sides compute, 32 bytes; `ephemeral` and `recipient`: uncompressed points
 */
export function dhkemSharedSecret(
  input: { readonly dh: Uint8Array; readonly ephemeral: Uint8Array; readonly recipient: Uint8Array },
  primitives: KdfPrimitives,
): Uint8Array {
  // LabeledExtract("", "eae_prk", dh) and LabeledExpand(eae_prk, "shared_secret", kem_context, 32) are one HKDF.
  const labeledDh = concat([versionLabel, suiteId, utf8Bytes("eae_prk"), input.dh]);
  const info = concat([
    Uint8Array.of(0, secretLength),
    versionLabel,
    suiteId,
    utf8Bytes("shared_secret"),
    input.ephemeral,
    input.recipient,
  ]);
  const secret = primitives.hkdfSha256(labeledDh, new Uint8Array(0), info, secretLength);
  labeledDh.fill(0);
  return secret;
}
