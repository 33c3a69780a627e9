// The decryptor of a host: never without `expect` and access rules, its context from verified claims or configuration.
import {
  type AccessDocument,
  bindingRules,
  type ContextBinding,
  type ContextSources,
  contextOf,
  type Who,
} from "@fieldseal/core/access";
import { checkObjects, checkTexts, type Named, refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import type { BodyResult } from "../body-result.ts";
import { decryptorOf } from "../decryptor.ts";
import type { KeyProvider } from "../keys/provider.ts";
import { createReader, type DecryptorOptions, decryptorNames } from "../options.ts";
import { type Expect, misplaced, placementOf } from "../placement.ts";

/** Where a host takes the value of a context key from. */
export type ContextSource = ContextBinding;

// That context is bound, a host requires itself.
const { requireBoundContext: _, ...handedOn } = decryptorNames;

/** What every host needs. */
export interface HostOptions extends Omit<DecryptorOptions, "requireBoundContext" | "keys" | "access"> {
  readonly keys: KeyProvider;
  /** Who may see what. Rules count only where they bind every key of `context`. */
  readonly access: AccessDocument;
  /** Where envelopes may stand. */
  readonly expect: Expect;
  /** The context of sealing, by key: a verified claim of the caller, or a fixed value. */
  readonly context?: ContextSources;
}

const optionNames: Readonly<Record<keyof HostOptions, true>> = { ...handedOn, expect: true, context: true };

/**
 * Without `audit` nothing is written down: a misspelt one must not be passed over.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for options that no host has, nor this one as its `own`.
 */
export function refuseUnknownOptions(options: object, own: Readonly<Record<string, true>>): void {
  refuseUnknownNames(options, { what: "a host's options", names: { ...optionNames, ...own }, code: "CONFIG_INVALID" });
}

/** Who calls a host, as the host has verified it. */
export interface Caller extends Who {
  readonly principal: string;
}

/** One body as it came in. */
export interface HostBody {
  readonly bytes: Uint8Array;
  /** The Content-Type header's value. */
  readonly mediaType: string;
}

export interface HostReader {
  /** Opens bodies, in order; each fails alone. */
  openBodies(bodies: readonly HostBody[], caller: Caller): Promise<BodyResult[]>;
  /** Opens one envelope of one field. @throws as `Decryptor.decryptField` */
  openField(envelope: string, field: string, caller: Caller): Promise<string>;
  /** Opens the envelopes of all expected fields in any text. @throws as `Decryptor.decryptText` */
  openText(text: string, caller: Caller): Promise<string>;
  close(): Promise<void>;
}

/**
 * Who was not verified is nobody: rules for everybody with a name must not count.
 *
 * @throws {FieldsealError} `UNAUTHENTICATED` for a caller without a principal.
 */
export function requireCaller(caller: Caller): void {
  if (typeof caller?.principal === "string" && caller.principal !== "") return;
  throw new FieldsealError("UNAUTHENTICATED", "no caller could be verified");
}

/** What nobody but types asks for would be missed by the first request only. @throws {FieldsealError} `CONFIG_INVALID` */
export function requireOptions<T extends object>(options: T, names: readonly (keyof T & string)[]): void {
  const missing = names.find((name) => options[name] === undefined);
  if (missing === undefined) return;
  throw new FieldsealError("CONFIG_INVALID", `a host does not start without "${missing}"`);
}

const sourceNames = { claim: true, value: true } as const;
const ofSource: Named = { what: "the source of a context key", names: sourceNames, code: "CONFIG_INVALID" };

/** What would be missed by the first request only; of a claim and a value, the claim would be passed over. */
function checkSources(context: ContextSources): void {
  checkObjects({ context });
  for (const [key, source] of Object.entries(context)) {
    refuseUnknownNames(source, ofSource);
    const { claim, value }: { readonly claim?: unknown; readonly value?: unknown } = { ...source };
    const given = claim === undefined ? value : value === undefined ? claim : undefined;
    checkTexts({ [`the one "claim" or "value" of the context key "${key}"`]: given as string });
  }
}

/**
 * Creates the reader of a host.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` without `expect` or `access` and for a context from nowhere, `CONTEXT_UNBOUND`
 * for a context key that no rule binds, `ACCESS_INVALID`, `SELECTOR_INVALID`.
 */
export function createHostReader(options: HostOptions): HostReader {
  const { access, expect, context = {} } = options;
  requireOptions(options, ["access", "expect"]);
  checkSources(context);
  const { names } = placementOf(expect);
  const binding = { access: bindingRules(access, Object.keys(context)), requireBoundContext: true };
  const decryptor = decryptorOf(createReader({ ...options, ...binding }));
  return {
    async openBodies(bodies, caller) {
      requireCaller(caller);
      const values = contextOf(context, caller);
      const placed = bodies.map(({ bytes, mediaType }) => ({ bytes, mediaType, expect, context: values }));
      return await decryptor.decryptBodies(placed, caller);
    },
    async openField(envelope, field, caller) {
      requireCaller(caller);
      if (!names.has(field)) throw misplaced(field, 0);
      return await decryptor.decryptField(envelope, { field, expect, context: contextOf(context, caller) }, caller);
    },
    async openText(text, caller) {
      requireCaller(caller);
      const place = { fields: [...names], expect, context: contextOf(context, caller) };
      return await decryptor.decryptText(text, place, caller);
    },
    close: () => decryptor.close(),
  };
}
