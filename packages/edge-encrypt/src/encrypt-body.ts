// The API for a body alone.
import { type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { matchRoute, type Policy } from "@fieldseal/core/policy";
import { type BodyToEncrypt, checkBody } from "./body-to-encrypt.ts";
import type { RequestFacts } from "./context.ts";
import { coveredMethodsOf } from "./request/method-override.ts";
import { refuseUncovered } from "./request/refuse-uncovered.ts";
import { type RoutedRequest, sealRequest, sealRequestSync } from "./request/seal-request.ts";
import { requireParsed } from "./require-parsed.ts";
import { checkTokenizing } from "./token-batches.ts";
import type { Tokenizing } from "./tokenizing.ts";

/** Who makes the tokens of `tokenize` rules. */
export interface EncryptOptions extends Tokenizing {}

const optionNames: Readonly<Record<keyof EncryptOptions, true>> = { tokenizer: true, tokenizerTimeout: true };
const ofOptions: Named = { what: "the options of a body", names: optionNames, code: "CONFIG_INVALID" };

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
  options: EncryptOptions = {},
): Promise<Uint8Array> {
  refuseUnknownNames(options, ofOptions);
  checkTokenizing(options);
  if (options.tokenizer === undefined) return encryptBodySync(body, policy);
  const routed = routeBody(body, policy);
  if (routed === null) return body.bytes;
  // The caller may write into the memory while the tokenizer is asked: what was read would stand elsewhere then.
  const bytes = new Uint8Array(body.bytes);
  const sealed = await sealRequest({ ...routed, bytes }, options);
  return sealed.bytes === bytes ? body.bytes : sealed.bytes;
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
  checkBody(body);
  requireParsed(policy);
  const { bytes, method = "POST", path = "/", context: given = {} } = body;
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
    // Of JavaScript, where the type of a header that is absent does not say so.
    mediaType: body.mediaType ?? "",
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
