// Sealing the six fields of a body against the alternatives.
import { constants, createCipheriv, createSecretKey, publicEncrypt, randomBytes } from "node:crypto";
import { documents } from "../documents.ts";
import { type BenchKey, newKey } from "../keys.ts";
import { type Contender, measure } from "../measure.ts";
import { agreeOn, alternatives, fieldseal } from "../peers/index.ts";
import type { Comparison, Part } from "../result.ts";

const sizes = [documents[0]!, documents[2]!];

export async function encrypt(): Promise<readonly Part[]> {
  const key = newKey(2048);
  const peers = [
    fieldseal(sizes, key),
    fieldseal(sizes, key, { name: "fieldseal, data key reused", reuse: true }),
    ...(await alternatives(key)),
  ];
  const cases: Comparison["cases"][number][] = [];
  for (const document of sizes) {
    await agreeOn(document, peers);
    const rows = await measure(
      [...peers.map(({ name, seal }) => ({ name, run: () => seal(document) })), ...rawCalls(key, document.records * 6)],
      document.records === 1 ? {} : { rounds: 7, spell: 12 },
    );
    cases.push({ name: `${document.name}, ${document.records * 6} fields`, rows });
  }
  return [
    {
      kind: "comparison",
      name: "encrypt",
      title: "Sealing a body, RSA-2048",
      note: "Bytes in, bytes out. Alternatives parse the body, set each field through a compiled accessor and write it again.",
      cases,
    },
  ];
}

function rawCalls({ publicKey }: BenchKey, fields: number): Contender[] {
  const oaep = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
  const dataKey = createSecretKey(randomBytes(32));
  const [iv, aad, frame] = [randomBytes(12), randomBytes(400), randomBytes(32)];
  return [
    { name: "raw: one RSA wrap", run: () => publicEncrypt(oaep, frame) },
    {
      name: "raw: the AES-GCM seals",
      run: () => {
        for (let i = 0; i < fields; i++) {
          const cipher = createCipheriv("aes-256-gcm", dataKey, iv);
          cipher.setAAD(aad);
          cipher.update(frame);
          cipher.final();
          cipher.getAuthTag();
        }
      },
    },
  ];
}
