import { expect, it } from "vitest";
import type { DataKeySource, Lent, WrappedKey } from "../data-keys/data-key-source.ts";
import type { KeyProvider, UnwrappingKey } from "../keys/provider.ts";
import { createReader } from "../options.ts";
import { unwrapAll } from "./secrets.ts";

const keyOf = (unwrap: UnwrappingKey["unwrap"]): WrappedKey => {
  const key = { kid: "k", alg: "RSA-OAEP-256", id: "k", wrappedLength: 1, unwrap } as const;
  return { id: `${unwrap}`, key, bytes: Uint8Array.of(1), keep: true };
};

it("gives back what the other keys gave where a key provider itself breaks", async () => {
  const keys: KeyProvider = { find: () => undefined };
  const reader = createReader({ keys });
  const lent: Lent[] = [];
  const dataKeys: DataKeySource = {
    ...reader.dataKeys,
    unwrap: async (wrapped) => {
      const answer = await reader.dataKeys.unwrap(wrapped);
      lent.push(answer!);
      return answer;
    },
  };
  const good = keyOf(async () => new Uint8Array(32).fill(7));
  const bad = keyOf(() => Promise.reject(new TypeError("no such method")));
  await expect(
    unwrapAll(
      [good, bad].map((wrapped) => ({ wrapped, records: 1 })),
      { ...reader, dataKeys },
    ),
  ).rejects.toThrow(TypeError);
  expect(lent.map(({ bytes }) => bytes)).toEqual([new Uint8Array(32)]);
});
