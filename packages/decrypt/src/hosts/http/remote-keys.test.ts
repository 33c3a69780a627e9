import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type RemoteKeysOptions, remoteKeys } from "./remote-keys.ts";

/** An issuer that counts how often its set is fetched. */
let issuer: { server: Server; fetches: number; status: number; answer: Promise<void>; keys: JWK[] };
beforeEach(async () => {
  const { publicKey } = await generateKeyPair("ES256");
  const key = { ...(await exportJWK(publicKey)), alg: "ES256", kid: "known" };
  const server = createServer(async (_, response) => {
    issuer.fetches++;
    await issuer.answer;
    response.writeHead(issuer.status).end(JSON.stringify({ keys: issuer.keys }));
  });
  issuer = { server, fetches: 0, status: 200, answer: Promise.resolve(), keys: [key] };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => issuer.server.close());

/** `known`, `unknown` or `unavailable`, for a token that names a key. */
function asker(options: RemoteKeysOptions = {}): (kid: string) => Promise<string> {
  const { port } = issuer.server.address() as AddressInfo;
  const keys = remoteKeys(new URL(`http://127.0.0.1:${port}/`), options);
  return async (kid) => {
    try {
      await keys({ alg: "ES256", kid }, { payload: "", signature: "" });
      return "known";
    } catch (error) {
      return (error as { code?: unknown }).code === "KEY_SET_UNAVAILABLE" ? "unavailable" : "unknown";
    }
  };
}

it("fetches once for all who wait, and not again for keys that are not in the set", async () => {
  const ask = asker();
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(i === 0 ? "known" : `k${i}`)));
  expect(answers.filter((answer) => answer === "unknown")).toHaveLength(19);
  for (let i = 0; i < 20; i++) expect(await ask(`later${i}`)).toBe("unknown");
  expect([await ask("known"), issuer.fetches]).toEqual(["known", 1]);
});

it("says of a key of the set that is none what it says of keys that are not in the set", async () => {
  issuer.keys.push({ kty: "EC", crv: "P-256", x: "AA", y: "AA", alg: "ES256", kid: "broken" });
  const ask = asker();
  for (const kid of ["broken", "known", "broken", "other"]) {
    expect(await ask(kid)).toBe(kid === "known" ? "known" : "unknown");
  }
  expect(issuer.fetches).toBe(1);
});

it("does not fetch for each token while the issuer fails, and does again after a while", async () => {
  issuer.status = 500;
  const ask = asker({ holdFor: 200 });
  for (let i = 0; i < 20; i++) expect(await ask(`k${i}`)).toBe("unavailable");
  expect(issuer.fetches).toBe(1);
  issuer.status = 200;
  await delay(250);
  expect([await ask("known"), issuer.fetches]).toEqual(["known", 2]);
});

it("lets so many wait for a slow issuer, and answers the others at once", async () => {
  let answer = (): void => {};
  issuer.answer = new Promise((resolve) => {
    answer = resolve;
  });
  const ask = asker({ maxWaiting: 4 });
  const waiting = Array.from({ length: 4 }, (_, i) => ask(`k${i}`));
  expect(await ask("one too many")).toBe("unavailable");
  answer();
  expect(await Promise.all(waiting)).toEqual(Array(4).fill("unknown"));
  expect(await ask("known")).toBe("known");
});
