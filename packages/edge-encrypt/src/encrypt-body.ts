// The API for a body alone.
import { type Named, refuseUnknownNames } from "@fieldseal/core/config";
import type { Context } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import { matchRoute, type Policy } from "@fieldseal/core/policy";
import type { RequestFacts } from "./context.ts";
import { coveredMethodsOf } from "./request/method-override.ts";
import { refuseUncovered } from "./request/refuse-uncovered.ts";
import { type RoutedRequest, sealRequest, sealRequestSync } from "./request/seal-request.ts";
import { requireParsed } from "./require-parsed.ts";
import type { BodyTokenizer } from "./tokenize-fields.ts";

/** A request body and what routes look at. */
export interface BodyToEncrypt {
  readonly bytes: Uint8Array;
  /** The Content-Type header's value. */
  readonly mediaType: string;
  /** Default POST. */
  readonly method?: string;
  /** Path without query; default `/`. */
  readonly path?: string;
  /** Context values, for keys that the policy draws from headers or path and for keys of the caller's own. */
  readonly context?: Context;
}

const memberNames: Readonly<Record<keyof BodyToEncrypt, true>> = {
  bytes: true,
  mediaType: true,
  method: true,
  path: true,
  context: true,
};

/** A misspelt `path` would be `/`, and what no route is for stays in clear. */
const ofBody: Named = { what: "a body to encrypt", names: memberNames, code: "CONFIG_INVALID" };

export interface EncryptOptions {
  /** Needed where the policy has `tokenize` rules. */
  readonly tokenizer?: BodyTokenizer;
}

/**
 * Seals the fields of a body that a policy selects; every other byte leaves as it came.
 *
 * @returns the new body, or the very same bytes where no rule selects anything or no route covers the request and the
 * policy forwards those.
 * @throws {FieldsealError} a code of docs/errors.md, groups body and edge; nothing is returned then.
 *
 * @example
 * ```ts
 * import { encryptBody, type parsePolicy } from "@fieldseal/edge-encrypt";
 * declare const policy: ReturnType<typeof parsePolicy>;
 * const bytes = new TextEncoder().encode('{"ssn":"123-45-6789"}');
 * const sealed = await encryptBody({ bytes, mediaType: "application/json", path: "/v1/customers" }, policy);
 * ```
 */
export async function encryptBody(
  body: BodyToEncrypt,
  policy: Policy,
  { tokenizer }: EncryptOptions = {},
): Promise<Uint8Array> {
  if (tokenizer === undefined) return encryptBodySync(body, policy);
  const routed = routeBody(body, policy);
  return routed === null ? body.bytes : (await sealRequest(routed, tokenizer)).bytes;
}

/**
 * The same as `encryptBody`, where nothing in the policy is asynchronous.
 *
 * @throws {FieldsealError} the codes of `encryptBody`; `TOKENIZER_MISSING` where a `tokenize` rule selects a value.
 */
export function encryptBodySync(body: BodyToEncrypt, policy: Policy): Uint8Array {
  const routed = routeBody(body, policy);
  return routed === null ? body.bytes : sealRequestSync(routed).bytes;
}

function routeBody(body: BodyToEncrypt, policy: Policy): RoutedRequest | null {
  refuseUnknownNames(body, ofBody);
  // Of JavaScript, where the type of a header that is absent does not say so.
  const { bytes, mediaType = "", method = "POST", path = "/", context: given = {} } = body;
  if (!(bytes instanceof Uint8Array)) throw new FieldsealError("CONFIG_INVALID", "bytes is no Uint8Array");
  if (typeof path !== "string" || !path.startsWith("/")) {
    throw new FieldsealError("CONFIG_INVALID", "path begins with a slash: it is that of a URL, without its host");
  }
  requireParsed(policy);
  const match = matchRoute(policy, method, path);
  if (match.kind !== "route") {
    refuseUncovered(match, { policy, mayHoldValues: () => bytes.length > 0 });
    return null;
  }
  const { route, pathParams } = match;
  const facts: RequestFacts = { header: () => [], pathParams, given };
  const coveredMethods = coveredMethodsOf(policy, match);
  const maxBodyBytes = route.limits.maxOutputBytes;
  return {
    bytes,
    mediaType,
    method,
    policy,
    route,
    facts,
    coveredMethods,
    head: null,
    maxBodyBytes,
    replacesBody: false,
  };
}
