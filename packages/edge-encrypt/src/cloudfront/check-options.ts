// Whether a handler was told what it can be told. Not in bundles, whose options and policy `fieldseal bundle` has checked.
import { checkChoice, checkFunctions, type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import { quiet, settled } from "../listeners.ts";
import { requireParsed } from "../require-parsed.ts";
import { checkTokenizing } from "../token-batches.ts";
import type { OriginRequestOptions } from "./settings.ts";

const optionNames: Readonly<Record<keyof OriginRequestOptions, true>> = {
  policy: true,
  mode: true,
  tokenizer: true,
  tokenizerTimeout: true,
  requestLog: true,
  log: true,
  onSealed: true,
  originPayloadHash: true,
  bodyDigests: true,
  receiptKeyHeader: true,
  now: true,
};

/** Without `receiptKeyHeader` receipts are not signed: a misspelt one must not be passed over. */
const ofHandler: Named = { what: "a handler's options", names: optionNames, code: "CONFIG_INVALID" };

/** A header's name (RFC 9110 section 5.1). */
const headerName = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * The same options, whose listeners do no harm.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for options that there are not, or of another kind, and for a policy that was
 * not parsed.
 */
export function checkOptions(options: OriginRequestOptions): OriginRequestOptions {
  refuseUnknownNames(options, ofHandler);
  const { policy, mode, requestLog, originPayloadHash, bodyDigests, receiptKeyHeader, log, onSealed, now } = options;
  requireParsed(policy);
  if (mode !== undefined) checkChoice("mode", mode, ["enforce", "shadow"]);
  if (requestLog !== undefined) checkChoice("requestLog", requestLog, ["json", "emf"]);
  if (originPayloadHash !== undefined) checkChoice("originPayloadHash", originPayloadHash, ["x-amz-content-sha256"]);
  if (bodyDigests !== undefined) checkChoice("bodyDigests", bodyDigests, ["drop", "recompute"]);
  if (receiptKeyHeader !== undefined && !(typeof receiptKeyHeader === "string" && headerName.test(receiptKeyHeader))) {
    throw new FieldsealError("CONFIG_INVALID", "receiptKeyHeader is the name of a header");
  }
  checkFunctions({ log, onSealed, now });
  checkTokenizing(options);
  return {
    ...options,
    ...(log === undefined ? {} : { log: quiet(log) }),
    ...(onSealed === undefined ? {} : { onSealed: settled(onSealed) }),
  };
}
