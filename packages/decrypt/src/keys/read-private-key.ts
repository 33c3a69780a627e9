// A private key from PEM text, and what the text is where it is none. Pure.
import { createPrivateKey, type KeyObject } from "node:crypto";
import { FieldsealError } from "@fieldseal/core/errors";

/** A PEM private key: PKCS#8, PKCS#1 or SEC 1; encrypted with `passphrase` where it is. */
export interface PemKey {
  readonly pem: string;
  readonly passphrase?: string;
}

const rsaBits = [2048, 3072, 4096];

/**
 * Reads the private key of `kid`.
 *
 * @throws {FieldsealError} `PRIVATE_KEY_INVALID` unless it is RSA of 2048, 3072 or 4096 bits with the exponent 65537, or
 * EC on P-256, and opens with the passphrase.
 */
export function readPrivateKey(kid: string, { pem: given, passphrase }: PemKey): KeyObject {
  // Of JavaScript: a variable that is not set, or what loads the file and was not awaited.
  if (typeof given !== "string")
    throw invalid(kid, "is no text", "see that the variable or file has it, and await what reads it");
  // Templates and YAML indent.
  const pem = given.replace(/^[ \t]+/gm, "");
  const isLocked = /-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(pem);
  let key: KeyObject;
  try {
    key = createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch {
    const { is, hint } = mistakeOf(pem, isLocked, passphrase !== undefined);
    throw invalid(kid, is, hint);
  }
  const { modulusLength = 0, publicExponent, namedCurve } = key.asymmetricKeyDetails ?? {};
  const isRsa = key.asymmetricKeyType === "rsa" && rsaBits.includes(modulusLength) && publicExponent === 65537n;
  if (isRsa || namedCurve === "prime256v1") return key;
  throw invalid(
    kid,
    "is neither RSA of 2048, 3072 or 4096 bits nor on P-256",
    "use the key that `fieldseal keygen` made",
  );
}

/** What a text is that gives no key: by the label of its PEM (RFC 7468), else by its lock. */
function mistakeOf(
  pem: string,
  isLocked: boolean,
  hasPassphrase: boolean,
): { readonly is: string; readonly hint: string } {
  const privateHalf = "give the private half: `fieldseal keygen` writes KID.private.pem";
  if (pem.trim() === "") return { is: "is empty", hint: privateHalf };
  const label = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(pem)?.[1];
  if (label === undefined) return { is: "is no PEM", hint: "a PEM has a line -----BEGIN PRIVATE KEY-----" };
  if (!label.endsWith("PRIVATE KEY")) return { is: `is a PEM of a ${label}`, hint: privateHalf };
  if (!/-----BEGIN [A-Z0-9 ]+-----[ \t\r]*\n/.test(pem)) {
    const hint = 'its line breaks are needed: where a variable spells them \\n, replaceAll("\\\\n", "\\n")';
    return { is: "has no line breaks", hint };
  }
  if (!isLocked) return { is: "is a damaged PEM", hint: "copy the file again, with all of its lines" };
  return hasPassphrase
    ? { is: "does not open with this passphrase", hint: "give the passphrase with which it was made" }
    : { is: "is encrypted", hint: "give its passphrase (of the command: --passphrase-file)" };
}

function invalid(kid: string, is: string, hint: string): FieldsealError {
  return new FieldsealError("PRIVATE_KEY_INVALID", `the private key of "${kid}" ${is}`, { kid, hint });
}
