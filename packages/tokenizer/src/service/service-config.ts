// The section "tokenizer" of a service's configuration (schemas/service.schema.json). Pure.
import type { ContextBinding } from "@fieldseal/core/access";
import { exactlyOne, filled, type Place, readIntegers, readObject, readString, wrong } from "@fieldseal/core/config";
import { readTokenizerConfig, type TokenizerConfig } from "../config/parse-config.ts";
import { defaultTokenLimits, type TokenLimits } from "./token-limits.ts";

export interface TokenServiceConfig {
  /** The tokenizer's configuration, or the file that holds it. */
  readonly tokenizer: { readonly file: string } | { readonly config: TokenizerConfig };
  readonly tenant: ContextBinding | null;
  readonly limits: TokenLimits;
}

const maxima: TokenLimits = {
  burst: 1_000_000_000,
  perSecond: 1_000_000,
  perDay: 1_000_000_000,
  maxBatchItems: 10_000,
};

/** @throws {FieldsealError} `CONFIG_INVALID` or `ACCESS_INVALID` with the JSON Pointer of what is wrong. */
export function readTokenServiceConfig(place: Place): TokenServiceConfig {
  const section = readObject(place, ["file", "config", "tenant", "limits"]);
  const { name, of } = exactlyOne(place, section, ["file", "config"]);
  const tenant = section.optional("tenant");
  return {
    tokenizer: name === "file" ? { file: readString(of, filled) } : { config: readTokenizerConfig(of) },
    tenant: tenant === undefined ? null : readSource(tenant),
    limits: readLimits(section.optional("limits")),
  };
}

function readSource(place: Place): ContextBinding {
  const { name, of } = exactlyOne(place, readObject(place, ["claim", "value"]), ["claim", "value"]);
  const text = readString(of, filled);
  return name === "claim" ? { claim: text } : { value: text };
}

function readLimits(place: Place | undefined): TokenLimits {
  if (place === undefined) return defaultTokenLimits;
  const given = readIntegers(readObject(place, Object.keys(maxima)).optional, { ...maxima });
  const all: TokenLimits = { ...defaultTokenLimits, ...given };
  if (all.maxBatchItems > all.burst || all.burst > all.perDay) {
    throw wrong(place, "limits must rise: maxBatchItems, burst, perDay");
  }
  return all;
}
