// Opening what each contender sealed, with a local private key.
import { constants, privateDecrypt, publicEncrypt, randomBytes } from "node:crypto";
import { documents } from "../documents.ts";
import { type BenchKey, newKey } from "../keys.ts";
import { type Contender, measure } from "../measure.ts";
import { agreeOn, alternatives, fieldseal } from "../peers/index.ts";
import type { Comparison, Part } from "../result.ts";

const sizes = [documents[0]!, documents[1]!];

export async function decrypt(): Promise<readonly Part[]> {
  const key = newKey(2048);
  const peers = [
    fieldseal(sizes, key),
    fieldseal(sizes, key, { name: "fieldseal, unwrapped keys cached", cache: true }),
    ...(await alternatives(key)),
  ];
  const cases: Comparison["cases"][number][] = [];
  for (const document of sizes) {
    const sealed = await agreeOn(document, peers);
    const rows = await measure(
      [
        ...peers.map((peer) => ({ name: peer.name, run: () => peer.open(sealed.get(peer)!, document) })),
        rawUnwrap(key),
      ],
      document.records === 1 ? {} : { rounds: 9, spell: 12 },
    );
    cases.push({ name: `${document.name}, ${document.records * 6} fields`, rows });
  }
  return [
    {
      kind: "comparison",
      name: "decrypt",
      title: "Opening a body, RSA-2048, local private key",
      note: "The same body is opened again and again: caches (ours where named, @aws-crypto's) always hit. With KMS each private-key operation is a network call, and the distance grows.",
      cases,
    },
  ];
}

function rawUnwrap({ privateKey, publicKey }: BenchKey): Contender {
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
  const wrapped = publicEncrypt({ ...oaep, key: publicKey }, randomBytes(32));
  return { name: "raw: one RSA unwrap", run: () => privateDecrypt({ ...oaep, key: privateKey }, wrapped) };
}
