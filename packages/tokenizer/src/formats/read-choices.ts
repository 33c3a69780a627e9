// Choices that several formats have. Pure.
import { type Properties, readOneOf } from "@fieldseal/core/config";
import type { EngineChoice, OnShort } from "./declaration.ts";

export function readEngine(format: Properties): EngineChoice {
  return readChoice(format, "engine", ["ff1", "vault"]);
}

export function readOnShort(format: Properties): OnShort {
  return readChoice(format, "onShort", ["refuse", "vault"]);
}

/** One of `choices`, the first unless given. */
export function readChoice<const T extends string>(format: Properties, name: string, choices: readonly T[]): T {
  const place = format.optional(name);
  return place === undefined ? choices[0]! : readOneOf(place, choices);
}
