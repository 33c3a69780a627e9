// Formats as they are declared: the same shape in TypeScript and in JSON. Types only.
import type { Distinguishability } from "./pan.ts";

/** `ff1` needs a key alone; `vault` needs a vault, and its tokens have no mathematical relation to their values. */
export type EngineChoice = "ff1" | "vault";
/** What happens to values whose domain is below a million: an error that says what would fit, or a vault token. */
export type OnShort = "refuse" | "vault";

/** Card numbers: separators kept, Luhn-valid ones only. */
export interface PanDeclaration {
  readonly type: "pan";
  readonly engine?: EngineChoice;
  readonly keepFirst?: 0 | 6 | 8;
  readonly keepLast?: 0 | 4;
  /** Default `luhn-invalid`: no token passes for a card number. */
  readonly distinguishability?: Distinguishability;
  /** 1 to 9, added to the Luhn digit of `luhn-invalid` tokens; default 1. */
  readonly luhnOffset?: number;
  /** The capital letter of `alpha-marker` tokens; default `T`. */
  readonly marker?: string;
  /** The first digits of `reserved-prefix` tokens; no issuer may have them. */
  readonly prefix?: string;
  /** Digits in the shortest number, 12 to 19; default: the fewest that leave enough free. */
  readonly minLength?: number;
  readonly onShort?: OnShort;
}

/** United States social security numbers that could have been issued. */
export interface UsSsnDeclaration {
  readonly type: "us-ssn";
  readonly engine?: EngineChoice;
  /** 4 for vaults only. */
  readonly keepLast?: 0 | 4;
  /** `never-issued` for vaults only; default `issued`. */
  readonly range?: "issued" | "never-issued";
}

/** Telephone numbers with `+` and country calling code. */
export interface PhoneDeclaration {
  readonly type: "phone";
  readonly engine?: EngineChoice;
  readonly onShort?: OnShort;
}

/** E-mail addresses. */
export interface EmailDeclaration {
  readonly type: "email";
  readonly engine?: EngineChoice;
  readonly domain?: "keep" | "tokenize";
  readonly letterCase?: "fold" | "keep";
  readonly onShort?: OnShort;
}

/** International bank account numbers. */
export interface IbanDeclaration {
  readonly type: "iban";
  readonly engine?: EngineChoice;
}

/** Dates `YYYY-MM-DD`: random ones from `from` to `to` out of a vault, or moved by up to `maxDays` for each subject. */
export type DateDeclaration =
  | { readonly type: "date"; readonly engine: "vault"; readonly from: string; readonly to: string }
  | { readonly type: "date"; readonly engine: "shift"; readonly maxDays: number };

/** Strings of `digits`, of `alphanumeric` (A-Z, a-z, 0-9), or of an `alphabet` of code points. */
export interface TextDeclaration {
  readonly type: "digits" | "alphanumeric" | "alphabet";
  /** Of `alphabet` only: its characters in NFC, each once. */
  readonly characters?: string;
  readonly engine?: EngineChoice;
  /** Characters in the shortest string for FF1, kept ones included; default: the fewest that allow a million values. */
  readonly minLength?: number;
  /** Default 64. */
  readonly maxLength?: number;
  readonly keepFirst?: number;
  readonly keepLast?: number;
  readonly onShort?: OnShort;
}

/** Literals and groups. */
export interface TemplateDeclaration {
  readonly type: "template";
  readonly engine?: EngineChoice;
  readonly parts: readonly (string | GroupDeclaration)[];
  readonly onShort?: OnShort;
}

/** A run of characters: of a named alphabet (`digits`, `lower`, `alphanumeric-upper` ...) or of `characters`. */
export interface GroupDeclaration {
  readonly alphabet?: string;
  readonly characters?: string;
  readonly length?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly keep?: boolean;
}

export type FormatDeclaration =
  | PanDeclaration
  | UsSsnDeclaration
  | PhoneDeclaration
  | EmailDeclaration
  | IbanDeclaration
  | DateDeclaration
  | TextDeclaration
  | TemplateDeclaration;

/** Declarations by name. */
export type FormatDeclarations = Readonly<Record<string, FormatDeclaration>>;
