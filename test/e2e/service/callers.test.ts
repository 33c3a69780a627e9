import { jwtAuthentication } from "@fieldseal/decrypt/http";
import { startOrigin } from "@fieldseal/emulator";
import { type JWTPayload, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { createIssuer } from "../../fixtures/issuer.ts";
import { customer } from "../../fixtures/shop.ts";
import { claims, issuer, options, post, refused, start } from "./decrypt-service.ts";

describe("a caller", () => {
  it("is believed with a token that is signed, in time, and for this service", async () => {
    const service = await start();
    const { status, text, headers } = await post(service);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ ssn: customer.ssn, payments: [{ card: { number: "****1111" } }] });
    expect(headers.get("content-type")).toBe("application/json");
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it.each<[string, (payload: JWTPayload) => Promise<string>]>([
    ["expired", (payload) => issuer.token(payload, (jwt) => jwt.setExpirationTime("-1m"))],
    ["not yet valid", (payload) => issuer.token(payload, (jwt) => jwt.setNotBefore("1h"))],
    ["of another issuer", (payload) => issuer.token(payload, (jwt) => jwt.setIssuer("https://other.example"))],
    ["for another audience", (payload) => issuer.token(payload, (jwt) => jwt.setAudience("other"))],
    ["signed by another key", async (payload) => (await createIssuer()).token(payload)],
    ["without a principal", ({ tenant }) => issuer.token({ tenant })],
    ["with a list for a principal", (payload) => issuer.token({ ...payload, role: ["support"] })],
    ["signed with an algorithm that is not listed", (payload) => issuer.tokenOfOtherAlg(payload)],
    ["with a secret for a key", (payload) => hmacToken(payload)],
    ["without a signature", async (payload) => unsigned(payload)],
    ["without an expiry", (payload) => issuer.token(payload, undefined, false)],
    ["no token", async () => "x"],
  ])("is refused with a token that is %s", async (_, token) => {
    const service = await start();
    const answer = await post(service, { token: await token(claims) });
    expect(answer).toEqual(refused(401, "UNAUTHENTICATED"));
    expect(answer.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null, as a map without an entry", null],
    ["a name alone", "role:support"],
    ["nobody", {}],
    ["an empty name", { principal: "" }],
    ["a name that is no text", { principal: 7 }],
  ])("is refused where one's own authentication gives %s", async (_, caller) => {
    const service = await start(options({ authenticate: async () => caller as never }));
    expect(await post(service)).toEqual(refused(401, "UNAUTHENTICATED"));
  });

  it("is refused where its token's key is none, in a set that is given or fetched", async () => {
    const keys = issuer.keySet.keys.map((key) => ({ ...key, x: "AA" }));
    const origin = await startOrigin(() => ({ status: 200, body: JSON.stringify({ keys }) }));
    for (const keySet of [{ keys: { keys } }, { url: `${origin.url}/jwks.json` }]) {
      const service = await start(options({ authenticate: jwtAuthentication({ ...issuer.trust, keySet }) }));
      expect(await post(service)).toEqual(refused(401, "UNAUTHENTICATED"));
    }
    await origin.close();
  });

  it("without any token is refused before the body is read", async () => {
    const { url } = await start();
    const response = await fetch(`${url}/v1/decrypt`, { method: "POST", body: "x" });
    expect(response.status).toBe(401);
  });

  it("is checked with a key set from its URL, and refused as retryable where that does not answer", async () => {
    const origin = await startOrigin(() => ({ status: 200, body: JSON.stringify(issuer.keySet) }));
    const jwt = { issuer: issuer.name, audience: "decrypt", algorithms: ["ES256"] };
    const principal = { claim: "role", prefix: "role:" };
    const keySet = { url: `${origin.url}/jwks.json` };
    const service = await start(options({ authenticate: jwtAuthentication({ ...jwt, keySet, principal }) }));
    expect((await post(service)).status).toBe(200);
    await origin.close();
    const other = await start(options({ authenticate: jwtAuthentication({ ...jwt, keySet, principal }) }));
    expect(await post(other)).toEqual(refused(503, "KEY_SET_UNAVAILABLE"));
    for (const wrong of [
      { keySet: { url: "http://issuer.example/jwks" } },
      { algorithms: ["HS256"] },
      { algorithms: [] },
    ]) {
      expect(() => jwtAuthentication({ ...jwt, keySet, ...wrong })).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID" }),
      );
    }
  });

  it("cannot choose the context: it comes from the claims alone", async () => {
    const service = await start();
    const token = await issuer.token({ ...claims, tenant: "other" });
    const headers = { "x-tenant-id": "acme", "x-fieldseal-context": "tenant=acme" };
    const path = "/v1/decrypt?tenant=acme";
    expect(await post(service, { token, headers, path })).toEqual(refused(422, "DECRYPTION_FAILED"));
    expect(await post(service, { token: await issuer.token({ role: "support" }) })).toEqual(
      refused(403, "CONTEXT_MISSING"),
    );
  });
});

async function hmacToken(payload: JWTPayload): Promise<string> {
  const jwt = new SignJWT(payload).setProtectedHeader({ alg: "HS256", kid: "k1" });
  const secret = Buffer.from(JSON.stringify(issuer.keySet.keys[0]));
  return await jwt.setIssuer(issuer.name).setAudience("decrypt").setExpirationTime("5m").sign(secret);
}
function unsigned(payload: JWTPayload): string {
  const whole = { ...payload, iss: issuer.name, aud: "decrypt", exp: 4_000_000_000 };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part(whole)}.`;
}
