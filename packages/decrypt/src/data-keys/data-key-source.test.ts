import { decodeBase64url, encodeBase64url, utf8Bytes } from "@fieldseal/core/bytes";
import { FieldsealError } from "@fieldseal/core/errors";
import { describe, expect, it } from "vitest";
import type { UnwrappingKey } from "../keys/provider.ts";
import {
  createDataKeySource,
  type DataKeySource,
  type DataKeySourceOptions,
  type WrappedKey,
} from "./data-key-source.ts";

let time = 0;
const sourceOf = (options: Partial<DataKeySourceOptions> = {}): DataKeySource => {
  time = 0;
  return createDataKeySource({ cache: {}, maxConcurrentKmsCalls: 8, kmsTimeout: 5000, now: () => time, ...options });
};
type Unwrap = UnwrappingKey["unwrap"];
const secret = (): Uint8Array => new Uint8Array(32).fill(0xf7);
function wrappedBy(unwrap: Unwrap, id = "a", keep = true): WrappedKey & { readonly calls: () => number } {
  let calls = 0;
  const counted: Unwrap = (wrapped, signal) => {
    calls++;
    return unwrap(wrapped, signal);
  };
  const key: UnwrappingKey = { kid: "k", alg: "RSA-OAEP-256", id: "k", wrappedLength: 3, unwrap: counted };
  return { id, key, bytes: Uint8Array.of(1, 2, 3), keep, calls: () => calls };
}
const failing =
  (code: "KMS_UNAVAILABLE" | "KMS_ACCESS_DENIED"): Unwrap =>
  async () => {
    throw new FieldsealError(code, "no");
  };

describe("the source of data keys", () => {
  it("asks once for all that wait, gives each bytes of its own, and zeroes what the key gave", async () => {
    const given = secret();
    const wrapped = wrappedBy(async () => given);
    const source = sourceOf({ cache: false });
    const [first, second] = await Promise.all([source.unwrap(wrapped), source.unwrap(wrapped)]);
    expect(wrapped.calls()).toBe(1);
    expect([first!.bytes, second!.bytes]).toEqual([secret(), secret()]);
    first!.release();
    expect([first!.bytes, second!.bytes]).toEqual([new Uint8Array(32), secret()]);
    expect(given).toEqual(new Uint8Array(32));
  });

  it("gives the key bytes of its own: to transfer them to a thread, or to change them, harms none that were read beside them", async () => {
    const given: Uint8Array[] = [];
    const transfer: Unwrap = async (wrapped) => {
      given.push(structuredClone(wrapped, { transfer: [wrapped.buffer as ArrayBuffer] }));
      return secret();
    };
    const read = ["AQID", "BAUG"].map((text) => decodeBase64url(utf8Bytes(text))!);
    expect(read[0]!.buffer).toBe(read[1]!.buffer);
    const source = sourceOf();
    for (const bytes of read) await source.unwrap({ ...wrappedBy(transfer, encodeBase64url(bytes)), bytes });
    expect(given).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6)]);
    expect(read).toEqual(given);
  });

  it("counts the records of all that wait as uses of what is kept", async () => {
    const wrapped = wrappedBy(async () => secret());
    const source = sourceOf({ cache: { maxUses: 4 } });
    await Promise.all([source.unwrap(wrapped, 2), source.unwrap(wrapped)]);
    expect(source.needsCall("a")).toBe(false);
    await source.unwrap(wrapped);
    expect(source.needsCall("a")).toBe(true);
    expect(wrapped.calls()).toBe(1);
  });

  it("keeps data keys, and no values", async () => {
    const source = sourceOf();
    const dataKey = wrappedBy(async () => secret(), "a");
    const value = wrappedBy(async () => secret(), "b", false);
    const planted = wrappedBy(async () => Buffer.from("a value of thirty-two characters"), "c");
    for (const wrapped of [dataKey, value, planted]) for (let i = 0; i < 2; i++) await source.unwrap(wrapped);
    expect([dataKey.calls(), value.calls(), planted.calls()]).toEqual([1, 2, 2]);
    expect([source.needsCall("a"), source.needsCall("b")]).toEqual([false, true]);
  });

  it("remembers for a minute what was refused", async () => {
    const source = sourceOf({ cache: false });
    const wrapped = wrappedBy(async () => null);
    expect([await source.unwrap(wrapped), await source.unwrap(wrapped)]).toEqual([null, null]);
    expect(source.needsCall("a")).toBe(false);
    time = 60_000;
    expect(source.needsCall("a")).toBe(true);
    await source.unwrap(wrapped);
    expect(wrapped.calls()).toBe(2);
  });

  it.each(["KMS_UNAVAILABLE", "KMS_ACCESS_DENIED"] as const)("never remembers %s", async (code) => {
    const source = sourceOf();
    const wrapped = wrappedBy(failing(code));
    for (let i = 0; i < 2; i++) await expect(source.unwrap(wrapped)).rejects.toMatchObject({ code });
    expect(wrapped.calls()).toBe(2);
    expect(source.needsCall("a")).toBe(true);
  });

  it("gives up a key that does not answer in time, tells it by the signal, and zeroes what comes too late", async () => {
    const late = secret();
    let heard: AbortSignal | undefined;
    let answer: (bytes: Uint8Array) => void = () => {};
    const wrapped = wrappedBy((_, signal) => {
      heard = signal;
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    const attempt = sourceOf({ kmsTimeout: 20 }).unwrap(wrapped);
    await expect(attempt).rejects.toMatchObject({ code: "KMS_UNAVAILABLE", retryable: true });
    expect(heard?.aborted).toBe(true);
    answer(late);
    await new Promise((turn) => setImmediate(turn));
    expect(late).toEqual(new Uint8Array(32));
  });

  it("gives up what is under way when it closes, and keeps nothing", async () => {
    const source = sourceOf();
    await source.unwrap(wrappedBy(async () => secret(), "kept"));
    const attempt = source.unwrap(wrappedBy(() => new Promise(() => {}), "waiting"));
    source.close();
    await expect(attempt).rejects.toMatchObject({ code: "KMS_UNAVAILABLE" });
    expect(source.needsCall("kept")).toBe(true);
  });

  it("zeroes what is lent when it closes, from the cache or not, and lends nothing of what comes then", async () => {
    const source = sourceOf();
    const [first, again] = [
      await source.unwrap(wrappedBy(async () => secret())),
      await source.unwrap(wrappedBy(failing("KMS_UNAVAILABLE"))),
    ];
    expect([first!.bytes, again!.bytes]).toEqual([secret(), secret()]);
    const landing = secret();
    const attempt = source.unwrap(wrappedBy(async () => landing, "landing"));
    await Promise.resolve();
    source.close();
    await expect(attempt).rejects.toMatchObject({ code: "KMS_UNAVAILABLE" });
    await new Promise((turn) => setImmediate(turn));
    expect([first!.bytes, again!.bytes, landing]).toEqual(Array(3).fill(new Uint8Array(32)));
    expect(() => source.refuseIfClosed()).toThrow(expect.objectContaining({ code: "DECRYPTOR_CLOSED" }));
  });

  it("runs so many calls at a time, and all of them in the end", async () => {
    let running = 0;
    let most = 0;
    const source = sourceOf({ maxConcurrentKmsCalls: 3, cache: false });
    const unwrap: Unwrap = async () => {
      most = Math.max(most, ++running);
      await new Promise((turn) => setImmediate(turn));
      running--;
      if (most === 2) throw new FieldsealError("KMS_UNAVAILABLE", "no");
      return secret();
    };
    const asked = Array.from({ length: 25 }, (_, id) => source.unwrap(wrappedBy(unwrap, String(id))));
    const settled = await Promise.allSettled(asked);
    expect(most).toBe(3);
    expect(running).toBe(0);
    expect(settled).toHaveLength(25);
  });
});
