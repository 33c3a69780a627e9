// decryptField and decryptText give text as it was, or say that it is none.
import { describe, expect, it } from "vitest";
import { codeOf, decryptorOf, pii } from "./fixtures.ts";
import { sealUnder, wrapRsa } from "./seal-native.ts";

const envelopeOf = (token: string): string => {
  return sealUnder(wrapRsa(pii.publicKey), token, { kid: "pii-1", field: "ssn" });
};
const decryptor = decryptorOf();
const place = { fields: ["ssn"] };

describe("a text", () => {
  it("comes back with every character around its envelopes", async () => {
    const around = "\ufeff\u0000é\u2028\r\n👩‍👧 ";
    expect(await decryptor.decryptText(`${around}${envelopeOf('"\\ud83d\\ude00"')}${around}`, place)).toBe(
      `${around}😀${around}`,
    );
  });

  it("with half a surrogate pair is refused, around an envelope or in one: it would come back as another", async () => {
    const half = envelopeOf('"a\\ud800"');
    expect(await codeOf(decryptor.decryptField(half, { field: "ssn" }))).toBe("DECRYPTION_FAILED");
    expect(await codeOf(decryptor.decryptText(`x ${half}`, place))).toBe("DECRYPTION_FAILED");
    expect(await codeOf(decryptor.decryptText(`\ud800 ${envelopeOf("1")}`, place))).toBe("BODY_NOT_UTF8");
  });
});
