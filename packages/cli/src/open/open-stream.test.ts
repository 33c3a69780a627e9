import { setTimeout as delay } from "node:timers/promises";
import { FieldsealError } from "@fieldseal/core/errors";
import { createDecryptor, type KeyProvider } from "@fieldseal/decrypt";
import { expect, it } from "vitest";
import { sealed } from "../../../../test/fixtures/shop.ts";
import { openRecords } from "./open-stream.ts";

/** A ring whose keys nobody reaches: every call fails after a while. */
const unreachable: KeyProvider = {
  find: (kid) => ({
    ...{ kid, alg: "RSA-OAEP-256", id: kid, wrappedLength: undefined },
    unwrap: async () => {
      await delay(3);
      throw new FieldsealError("KMS_UNAVAILABLE", "no answer");
    },
  }),
};

it("fails where it is read, and ends, where a key fails after the end of the input", async () => {
  const decryptor = createDecryptor({ keys: unreachable });
  const line = await sealed({ ssn: "078-05-1120" });
  const read = async (): Promise<void> => {
    const input = async function* (): AsyncGenerator<Uint8Array> {
      yield line;
    };
    for await (const _ of openRecords(input(), { decryptor, mediaType: "application/jsonl" }));
  };
  await expect(read()).rejects.toMatchObject({ code: "KMS_UNAVAILABLE" });
});
