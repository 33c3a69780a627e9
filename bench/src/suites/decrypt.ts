// Opening what each contender sealed, with a local private key.
import { constants, privateDecrypt, publicEncrypt, randomBytes } from "node:crypto";
import { type BenchDocument, documents } from "../documents.ts";
import { type BenchKey, newKey } from "../keys.ts";
import { type Contender, measure } from "../measure.ts";
import { agreeOn, alternatives, fieldseal, type Peer } from "../peers/index.ts";
import type { Comparison, Part } from "../result.ts";

const sizes = [documents[0]!, documents[1]!];
const always =
  "The same body is opened again and again: where a row says that it caches, its cache always hits, and no private-key operation is left.";

export async function decrypt(): Promise<readonly Part[]> {
  const key = newKey(2048);
  const others = await alternatives(key);
  const plain = fieldseal(sizes, key);
  const cached = fieldseal(sizes, key, { name: "fieldseal, unwrapped keys cached", cache: true });
  const cases: Comparison["cases"][number][] = [];
  for (const document of sizes) cases.push(await opening(document, [plain, cached, ...others], [rawUnwrap(key)]));
  return [
    {
      kind: "comparison",
      name: "decrypt",
      title: "Opening a body, RSA-2048, local private key",
      note: `${always} The other rows pay for them: ours for one in each body, the others for one in each field. With KMS each is a network call, and the distance grows.`,
      cases,
    },
    {
      kind: "comparison",
      name: "decrypt-cached",
      title: "Opening a body, its unwrapped data key cached",
      note: `${always} Next to @aws-crypto's cache stand those that have none.`,
      cases: [await opening(sizes[0]!, [cached, ...others])],
    },
  ];
}

async function opening(
  document: BenchDocument,
  peers: readonly Peer[],
  limits: readonly Contender[] = [],
): Promise<Comparison["cases"][number]> {
  const sealed = await agreeOn(document, peers);
  const rows = await measure(
    [...peers.map((peer) => ({ name: peer.name, run: () => peer.open(sealed.get(peer)!, document) })), ...limits],
    document.records === 1 ? {} : { rounds: 9, spell: 12 },
  );
  return { name: `${document.name}, ${document.records * 6} fields`, rows };
}

function rawUnwrap({ privateKey, publicKey }: BenchKey): Contender {
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
  const wrapped = publicEncrypt({ ...oaep, key: publicKey }, randomBytes(32));
  return { name: "raw: one RSA unwrap", run: () => privateDecrypt({ ...oaep, key: privateKey }, wrapped) };
}
