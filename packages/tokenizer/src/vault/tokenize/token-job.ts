// One value on its way to a token. Types only.
import type { FieldsealError } from "@fieldseal/core/errors";
import type { FoundToken } from "../retire-token.ts";
import type { TokenRow } from "../rows/token-row.ts";
import type { ValueOptions } from "../token-options.ts";

/** A token that stands, and whether this call made it. */
export interface SettledToken {
  readonly token: string;
  readonly row: TokenRow;
  readonly created: boolean;
}

export interface TokenJob {
  /** Canonical spelling. */
  readonly value: string;
  readonly options: ValueOptions;
  readonly subject: Uint8Array | undefined;
  /** Keyed digest of the value; deterministic jobs only. */
  readonly index: Uint8Array | undefined;
  /** The H row as last read, which names a dead token. */
  claim: Uint8Array | undefined;
  /** True while the row that the H row names is changing under our hands; it is read again. */
  unsettled: boolean;
  /** The token whose T row this call wrote. */
  placed: FoundToken | undefined;
  outcome: SettledToken | FieldsealError | undefined;
}
