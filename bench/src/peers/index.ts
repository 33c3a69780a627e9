// Every contender of the encrypt and decrypt suites, ourselves first.
import { requireAgreement } from "../agreement.ts";
import type { BenchDocument } from "../documents.ts";
import type { BenchKey } from "../keys.ts";
import { articleWithForge, articleWithNodeCrypto } from "./article.ts";
import { awsCrypto } from "./aws-crypto.ts";
import { fieldseal } from "./fieldseal.ts";
import { jose } from "./jose.ts";
import { mastercard } from "./mastercard.ts";
import type { Peer } from "./peer.ts";

export type { Peer } from "./peer.ts";
export { fieldseal };

/** The packaged and published alternatives. */
export async function alternatives(key: BenchKey): Promise<Peer[]> {
  return [
    articleWithNodeCrypto(key),
    await jose(key, "at once"),
    await jose(key, "sequence"),
    awsCrypto(key, { cache: true }),
    awsCrypto(key, { cache: false }),
    mastercard(key),
    articleWithForge(key),
  ];
}

/** Seals with each and opens what it sealed; throws unless all get the document back. Returns the sealed bodies. */
export async function agreeOn(document: BenchDocument, peers: readonly Peer[]): Promise<Map<Peer, Uint8Array>> {
  const sealed = new Map<Peer, Uint8Array>();
  const expected: unknown = JSON.parse(document.bytes.toString());
  for (const peer of peers) {
    const body = await peer.seal(document);
    for (const secret of ["078-05-1120", "4111111111111111"]) {
      if (Buffer.from(body).includes(secret)) throw new Error(`${peer.name}: left a value in clear`);
    }
    const opened = Buffer.from(await peer.open(body, document));
    requireAgreement(peer.name, JSON.parse(opened.toString()), expected, peer.losesTypes);
    sealed.set(peer, body);
  }
  return sealed;
}
