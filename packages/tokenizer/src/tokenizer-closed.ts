// The error of a tokenizer that was closed. Pure.
import { FieldsealError } from "@fieldseal/core/errors";

/** What is under way may be tried again with another tokenizer: nothing is wrong with its texts. */
export function tokenizerClosed(isUnderWay: boolean): FieldsealError {
  return new FieldsealError("TOKENIZER_CLOSED", "the tokenizer was closed", { retryable: isUnderWay });
}
