import { type ErrorCode, FieldsealError } from "@fieldseal/core/errors";
import { expect, it } from "vitest";
import { failureOf } from "./status.ts";

it.each<[ErrorCode]>([["VAULT_UNAVAILABLE"], ["VAULT_CLOSED"], ["TOKENIZER_CLOSED"], ["RATE_STORE_UNAVAILABLE"]])(
  "a store that will not answer by itself is the service's fault, and none of the request's: %s",
  (code) => {
    const failure = (retryable: boolean) => failureOf(new FieldsealError(code, "no right", { retryable }));
    expect(failure(false)).toMatchObject({ status: 500, code, retryable: false });
    expect(failure(true)).toMatchObject({ status: 503, code, retryable: true });
  },
);

it("a vault whose table was taken away is the service's fault as well", () => {
  expect(failureOf(new FieldsealError("VAULT_MISSING", "no table"))).toMatchObject({ status: 500, retryable: false });
});
