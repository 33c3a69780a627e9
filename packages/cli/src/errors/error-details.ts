// What an error tells besides its code and message, for an error that is made of it. Pure.
import type { ErrorDetails, FieldsealError } from "@fieldseal/core/errors";

export function detailsOf({ hint, field, selector, offset, pointer, kid, retryable }: FieldsealError): ErrorDetails {
  return {
    ...(hint === undefined ? {} : { hint }),
    ...(field === undefined ? {} : { field }),
    ...(selector === undefined ? {} : { selector }),
    ...(offset === undefined ? {} : { offset }),
    ...(pointer === undefined ? {} : { pointer }),
    ...(kid === undefined ? {} : { kid }),
    retryable,
  };
}
