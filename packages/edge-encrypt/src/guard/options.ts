// What a guard is told, checked: what is passed over would make it check less.
import { checkFunctions, checkTexts, type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import { requireParsed } from "../require-parsed.ts";
import type { CheckOptions } from "./check-request.ts";
import type { GuardEvent } from "./refusal.ts";

/** Options of `createOriginGuard`. */
export interface OriginGuardOptions extends CheckOptions {
  /**
   * Most bytes of a body that some rule is about; over it 413. Default 2 MiB: CloudFront lets no more than 1.33 MB out of
   * a function.
   */
  readonly maxBodyBytes?: number;
  /** Receives each refusal; default: one JSON line on the console. Its errors change no answer. */
  readonly log?: (event: GuardEvent) => void;
}

const optionNames: Readonly<Record<keyof OriginGuardOptions, true>> = {
  policy: true,
  previous: true,
  secrets: true,
  secretHeader: true,
  receiptKeys: true,
  context: true,
  originPath: true,
  now: true,
  maxBodyBytes: true,
  log: true,
};

/** Without `secrets` or `receiptKeys` anybody's requests pass: misspelt ones must not be passed over. */
const ofGuard: Named = { what: "a guard's options", names: optionNames, code: "CONFIG_INVALID" };

const minSecretLength = 16;
const minKeyLength = 32;

/** @throws {FieldsealError} `CONFIG_INVALID` as `createOriginGuard`. */
export function checkOptions(options: OriginGuardOptions): void {
  refuseUnknownNames(options, ofGuard);
  const { policy, previous = [], secretHeader = "x", context = {}, originPath = "", maxBodyBytes = 1 } = options;
  if (!Array.isArray(previous)) throw invalid("previous must be an array of policies");
  [policy, ...previous].forEach(requireParsed);
  // CloudFront takes no other; it would begin no path, or every one.
  if (typeof originPath !== "string" || !/^(?:\/[^/]+)*$/.test(originPath)) {
    throw invalid("originPath is empty, or begins with a slash and ends with none");
  }
  requireLong("secrets", options.secrets, minSecretLength);
  requireLong("receiptKeys", options.receiptKeys, minKeyLength);
  checkTexts({ secretHeader });
  if (typeof context !== "object" || context === null) throw invalid("context is an object that has texts by key");
  if (!Number.isFinite(maxBodyBytes) || maxBodyBytes <= 0) throw invalid("maxBodyBytes must be positive and finite");
  checkFunctions({ log: options.log, now: options.now });
}

function requireLong(option: string, texts: readonly string[] | undefined, least: number): void {
  if (texts === undefined) return;
  const isLong = (text: unknown): boolean => typeof text === "string" && text.length >= least;
  if (Array.isArray(texts) && texts.length > 0 && texts.every(isLong)) return;
  throw invalid(`${option} must be a list of one or more texts of at least ${least} characters`);
}

function invalid(message: string): FieldsealError {
  return new FieldsealError("CONFIG_INVALID", message);
}
