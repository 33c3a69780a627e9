// A format of digits for tests: spaces are dropped, tokens have the same number of digits.
import { FieldsealError } from "@fieldseal/core/errors";
import type { VaultFormat } from "../vault-format.ts";

export const digits: VaultFormat = {
  name: "digits",
  normalize(value) {
    const canonical = value.replaceAll(" ", "");
    if (!/^[0-9]+$/.test(canonical)) throw new FieldsealError("FF1_NUMERAL_INVALID", "not digits");
    return canonical;
  },
  draw: (value, below) => Array.from(value, () => below(10)).join(""),
};

/** The same, under another name. */
export const otherDigits: VaultFormat = { ...digits, name: "other-digits" };
