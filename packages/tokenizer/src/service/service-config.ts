// The section "tokenizer" of a service's configuration (schemas/service.schema.json). Pure.
import type { ContextBinding } from "@fieldseal/core/access";
import { type Place, readInteger, readObject, readString, wrong } from "@fieldseal/core/config";
import { readTokenizerConfig, type TokenizerConfig } from "../config/parse-config.ts";
import { defaultTokenLimits, type TokenLimits } from "./token-limits.ts";

export interface TokenServiceConfig {
  /** The tokenizer's configuration, or the file that holds it. */
  readonly tokenizer: { readonly file: string } | { readonly config: TokenizerConfig };
  readonly tenant: ContextBinding | null;
  readonly limits: TokenLimits;
}

const filled = { pattern: /^.{1,2048}$/su, says: "a text that is not empty" };
const maxima: TokenLimits = {
  burst: 1_000_000_000,
  perSecond: 1_000_000,
  perDay: 1_000_000_000,
  maxBatchItems: 10_000,
};

/** @throws {FieldsealError} `CONFIG_INVALID` or `ACCESS_INVALID` with the JSON Pointer of what is wrong. */
export function readTokenServiceConfig(place: Place): TokenServiceConfig {
  const { optional } = readObject(place, ["file", "config", "tenant", "limits"]);
  const [file, config, tenant] = [optional("file"), optional("config"), optional("tenant")];
  if ((file === undefined) === (config === undefined)) throw wrong(place, "expects exactly one of file, config");
  return {
    tokenizer: file === undefined ? { config: readTokenizerConfig(config!) } : { file: readString(file, filled) },
    tenant: tenant === undefined ? null : readSource(tenant),
    limits: readLimits(optional("limits")),
  };
}

function readSource(place: Place): ContextBinding {
  const { optional } = readObject(place, ["claim", "value"]);
  const [claim, value] = [optional("claim"), optional("value")];
  if ((claim === undefined) === (value === undefined)) throw wrong(place, "expects exactly one of claim, value");
  return claim === undefined ? { value: readString(value!, filled) } : { claim: readString(claim, filled) };
}

function readLimits(place: Place | undefined): TokenLimits {
  if (place === undefined) return defaultTokenLimits;
  const { optional } = readObject(place, Object.keys(maxima));
  const limits = Object.fromEntries(
    Object.entries(maxima).flatMap(([name, max]) => {
      const limit = optional(name);
      return limit === undefined ? [] : [[name, readInteger(limit, 1, max)]];
    }),
  );
  const all: TokenLimits = { ...defaultTokenLimits, ...limits };
  if (all.maxBatchItems > all.burst || all.burst > all.perDay) {
    throw wrong(place, "limits must rise: maxBatchItems, burst, perDay");
  }
  return all;
}
