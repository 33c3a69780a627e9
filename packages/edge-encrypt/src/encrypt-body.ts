// The API for a body alone.
import { type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import { matchRoute, type Policy } from "@fieldseal/core/policy";
import { type BodyToEncrypt, checkBody } from "./body-to-encrypt.ts";
import type { RequestFacts } from "./context.ts";
import { coveredMethodsOf } from "./request/plan-body.ts";
import { type RoutedRequest, sealRequest, sealRequestSync } from "./request/seal-request.ts";
import { requireParsed } from "./require-parsed.ts";
import { checkTokenizing } from "./token-batches.ts";
import type { Tokenizing } from "./tokenize-fields.ts";

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
  const routed = routeBody(body, policy);
  const given = body.bytes;
  if (routed === null) return given;
  // The caller may write into the memory while the tokenizer is asked: what was read would stand elsewhere then.
  const bytes = options.tokenizer === undefined ? given : new Uint8Array(given);
  const sealed = await sealRequest({ ...routed, bytes }, options);
  return sealed.bytes === bytes ? given : sealed.bytes;
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
  if (match.kind === "method") {
    if (bytes.length > 0 && policy.onUncoveredMethod === "refuse") throw methodNotCovered();
    return null;
  }
  if (match.kind === "none") {
    if (policy.onUnmatched === "reject") throw routeUnmatched();
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

export function methodNotCovered(): FieldsealError {
  return new FieldsealError("METHOD_NOT_COVERED", "a body arrived with a method that no route of this path lists");
}

export function routeUnmatched(): FieldsealError {
  return new FieldsealError("ROUTE_UNMATCHED", "no route of the policy covers this request");
}
