import { DecryptCommand, DescribeKeyCommand, EncryptCommand, KMSClient, ListKeysCommand } from "@aws-sdk/client-kms";
import { describe, expect, test } from "vitest";
import { client, clientOf, decryptWith, ids, kms, missingId, pem2048, status, text, wrap } from "./kms.fixture.ts";
import { startKms } from "./start-kms.ts";

describe("protocol, counting and faults", () => {
  const post = (target: string | undefined, body: string) =>
    fetch(kms.url, { method: "POST", body, headers: { ...(target !== undefined && { "x-amz-target": target }) } });

  test("errors carry __type, message and x-amzn-errortype", async () => {
    const response = await post("TrentService.DescribeKey", JSON.stringify({ KeyId: missingId }));
    expect(response.status).toBe(400);
    expect(response.headers.get("x-amzn-errortype")).toBe("NotFoundException");
    expect(response.headers.get("content-type")).toBe("application/x-amz-json-1.1");
    expect(await response.json()).toEqual({ __type: "NotFoundException", message: expect.stringContaining(missingId) });
  });

  test.each([
    ["TrentService.Nope", "{}", "UnknownOperationException"],
    ["Other.Decrypt", "{}", "UnknownOperationException"],
    [undefined, "{}", "UnknownOperationException"],
    ["TrentService.Decrypt", "{", "SerializationException"],
    ["TrentService.Decrypt", `{"Description":"${"x".repeat(2 * 1024 * 1024)}"}`, "SerializationException"],
    ["TrentService.Decrypt", "[]", "SerializationException"],
    ["TrentService.Decrypt", '{"CiphertextBlob":7}', "SerializationException"],
    ["TrentService.Decrypt", "{}", "ValidationException"],
    ["TrentService.Decrypt", '{"CiphertextBlob":"AA==","EncryptionAlgorithm":"ROT13"}', "ValidationException"],
    ["TrentService.Decrypt", `{"CiphertextBlob":"${"AAAA".repeat(2049)}"}`, "ValidationException"],
    ["TrentService.Decrypt", '{"CiphertextBlob":"AA==","GrantTokens":["t"]}', "InvalidGrantTokenException"],
    ["TrentService.Decrypt", '{"CiphertextBlob":"AA==","Recipient":{}}', "UnsupportedOperationException"],
  ])("%s, case %#, is refused with HTTP 400", async (target, body, type) => {
    const response = await post(target, body);
    expect([response.status, ((await response.json()) as { __type: string }).__type]).toEqual([400, type]);
  });

  test("a dry run that would succeed is a DryRunOperationException; one that would fail fails as usual", async () => {
    await expect(decryptWith({ DryRun: true })).rejects.toMatchObject({ name: "DryRunOperationException" });
    await expect(decryptWith({ DryRun: true, KeyId: ids.other })).rejects.toMatchObject({
      name: "InvalidCiphertextException",
    });
  });

  test("calls are counted by operation, failed ones included, and the log holds no plaintext", async () => {
    const canary = "canary-4111111111111111";
    await decryptWith({ CiphertextBlob: wrap(text(canary)) });
    await decryptWith({ KeyId: missingId }).catch(() => undefined);
    await client.send(new EncryptCommand({ KeyId: ids.symmetric, Plaintext: text(canary) }));
    expect(kms.calls).toEqual({ Decrypt: 2, Encrypt: 1 });
    expect(kms.log.map(({ operation, resource, status: code, error }) => [operation, resource, code, error])).toEqual([
      ["Decrypt", ids.rsa, 200, undefined],
      ["Decrypt", missingId, 400, "NotFoundException"],
      ["Encrypt", ids.symmetric, 200, undefined],
    ]);
    await decryptWith({ KeyId: `"${canary}" in the wrong place` }).catch(() => undefined);
    const log = JSON.stringify(kms.log);
    expect(log).not.toContain(canary);
    expect(log).not.toContain(Buffer.from(canary).toString("base64").slice(0, 20));
    kms.resetCalls();
    expect(kms.calls).toEqual({});
  });

  test("an unknown operation is neither struck by faults nor counted against them", async () => {
    const before = kms.faults.counts.throttling;
    kms.faults.set({ throttling: {} });
    const response = await post("TrentService.Nope", "{}");
    expect(await response.json()).toEqual({ __type: "UnknownOperationException" });
    expect(kms.faults.counts.throttling).toBe(before);
  });

  test.each([
    ["throttling", "ThrottlingException", 400],
    ["accessDenied", "AccessDeniedException", 400],
    ["serverError", "KMSInternalException", 500],
  ] as const)("fault %s answers %s with HTTP %i for the next call only", async (fault, name, code) => {
    const before = kms.faults.counts[fault];
    kms.faults.set({ [fault]: { next: 1, operations: ["Decrypt"] } });
    await expect(client.send(new DescribeKeyCommand({ KeyId: ids.rsa }))).resolves.toBeDefined();
    await expect(decryptWith({})).rejects.toMatchObject({ name, ...status(code) });
    await expect(decryptWith({})).resolves.toBeDefined();
    expect(kms.faults.counts[fault]).toBe(before + 1);
    expect(kms.log.filter((entry) => entry.fault === fault)).toHaveLength(1);
  });

  test("fault connectionReset ends the connection without an answer, and the SDK's retry gets through", async () => {
    kms.faults.set({ connectionReset: { next: 1 } });
    await expect(decryptWith({})).rejects.toMatchObject({ code: "ECONNRESET" });
    const retrying = new KMSClient({
      endpoint: kms.url,
      region: "us-east-1",
      maxAttempts: 3,
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    });
    kms.faults.set({ connectionReset: { next: 1 } });
    kms.resetCalls();
    await expect(retrying.send(new DescribeKeyCommand({ KeyId: ids.rsa }))).resolves.toBeDefined();
    expect(kms.calls).toEqual({ DescribeKey: 2 });
    retrying.destroy();
  });

  test("2,000 calls under seeded faults: every one that succeeds is right, and every try is counted", async () => {
    const own = await startKms({
      seed: "soak",
      keys: [{ id: ids.rsa, privateKeyPem: pem2048 }],
      faults: {
        latency: { ms: 2, probability: 0.05 },
        throttling: { probability: 0.1 },
        serverError: { probability: 0.1 },
        connectionReset: { probability: 0.05 },
      },
    });
    const retrying = new KMSClient({
      endpoint: own.url,
      region: own.region,
      maxAttempts: 1,
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    });
    const blob = wrap(text("data key"));
    const call = new DecryptCommand({
      KeyId: ids.rsa,
      CiphertextBlob: blob,
      EncryptionAlgorithm: "RSAES_OAEP_SHA_256",
    });
    let opened = 0;
    const failed = new Map<string, number>();
    const worker = async (): Promise<void> => {
      for (let i = 0; i < 100; i++) {
        try {
          const { Plaintext } = await retrying.send(call);
          opened += Buffer.from(Plaintext ?? []).equals(Buffer.from("data key")) ? 1 : 0;
        } catch (error) {
          const { name, code } = error as Error & { code?: string };
          failed.set(code ?? name, (failed.get(code ?? name) ?? 0) + 1);
        }
      }
    };
    await Promise.all(Array.from({ length: 20 }, worker));
    const { throttling, serverError, connectionReset } = own.faults.counts;
    expect(own.calls).toEqual({ Decrypt: 2000 });
    expect(Object.fromEntries(failed)).toEqual({
      ThrottlingException: throttling,
      KMSInternalException: serverError,
      ECONNRESET: connectionReset,
    });
    expect(opened).toBe(2000 - throttling - serverError - connectionReset);
    retrying.destroy();
    await own.close();
  });

  test("close ends idle keep-alive connections and calls in flight", async () => {
    const own = await startKms({ faults: { latency: { ms: 60_000 } } });
    const ownClient = clientOf(own);
    const pending = ownClient.send(new ListKeysCommand({})).catch((e: Error) => e);
    await expect.poll(() => own.faults.counts.latency).toBe(1);
    await own.close();
    expect(await pending).toBeInstanceOf(Error);
    await expect(fetch(own.url)).rejects.toThrow();
  });
});
