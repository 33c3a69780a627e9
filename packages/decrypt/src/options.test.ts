import { expect, it } from "vitest";
import { createDecryptor, pemKeys } from "./index.ts";

it.each([
  ["acces", 'did you mean "access"?'],
  ["rate_limit", 'did you mean "rateLimit"?'],
  ["policy", expect.stringContaining("there are keys, access,")],
])("a decryptor is not made with the option %s", (name, hint) => {
  expect(() => createDecryptor({ keys: pemKeys({}), [name]: {} })).toThrow(
    expect.objectContaining({ code: "CONFIG_INVALID", hint }),
  );
});
