import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  GetPublicKeyCommand,
  ListAliasesCommand,
  ScheduleKeyDeletionCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-kms";
import { describe, expect, test } from "vitest";
import { client, clientOf, decryptWith, ids, kms, other2048, status, text, wrap } from "./kms.fixture.ts";
import { startKms } from "./start-kms.ts";

describe("key states", () => {
  const id = ids.other;
  const use = () => decryptWith({ KeyId: id, CiphertextBlob: wrap(text("x"), other2048) });

  test("Disabled: cryptography and GetPublicKey answer DisabledException, DescribeKey works, EnableKey restores", async () => {
    await client.send(new DisableKeyCommand({ KeyId: id }));
    await expect(use()).rejects.toMatchObject({ name: "DisabledException", ...status(400) });
    const publicKey = client.send(new GetPublicKeyCommand({ KeyId: id }));
    await expect(publicKey).rejects.toMatchObject({ name: "DisabledException" });
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: id }));
    expect(KeyMetadata).toMatchObject({ KeyState: "Disabled", Enabled: false });
    await client.send(new EnableKeyCommand({ KeyId: id }));
    await expect(use()).resolves.toBeDefined();
  });

  test("PendingDeletion: KMSInvalidStateException until cancelled, which leaves the key disabled", async () => {
    const out = await client.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    expect(out).toMatchObject({ KeyState: "PendingDeletion", PendingWindowInDays: 7 });
    await expect(use()).rejects.toMatchObject({ name: "KMSInvalidStateException" });
    const enable = client.send(new EnableKeyCommand({ KeyId: id }));
    await expect(enable).rejects.toMatchObject({ name: "KMSInvalidStateException" });
    const alias = client.send(new CreateAliasCommand({ AliasName: "alias/late", TargetKeyId: id }));
    await expect(alias).rejects.toMatchObject({ name: "KMSInvalidStateException" });
    await client.send(new CancelKeyDeletionCommand({ KeyId: id }));
    await expect(use()).rejects.toMatchObject({ name: "DisabledException" });
    const again = client.send(new CancelKeyDeletionCommand({ KeyId: id }));
    await expect(again).rejects.toMatchObject({ name: "KMSInvalidStateException" });
    await client.send(new EnableKeyCommand({ KeyId: id }));
  });

  test.each([
    ["ListAliases", new ListAliasesCommand({}), { Aliases: [] }],
    ["UpdateAlias", new UpdateAliasCommand({ AliasName: "alias/a", TargetKeyId: ids.other }), null],
    ["DeleteAlias", new DeleteAliasCommand({ AliasName: "alias/a" }), null],
  ])("an alias is gone with its key, also where %s asks first", async (_, command, answer) => {
    let now = Date.UTC(2026, 0, 1);
    const keys = [
      { alias: "alias/a", keySpec: "SYMMETRIC_DEFAULT" },
      { id: ids.other, keySpec: "SYMMETRIC_DEFAULT" },
    ] as const;
    const own = await startKms({ now: () => now, keys });
    const ownClient = clientOf(own);
    await ownClient.send(new ScheduleKeyDeletionCommand({ KeyId: own.keys()[0]?.id, PendingWindowInDays: 7 }));
    now += 7 * 86_400_000;
    const sent = ownClient.send(command as ListAliasesCommand);
    if (answer === null) await expect(sent).rejects.toMatchObject({ name: "NotFoundException" });
    else await expect(sent).resolves.toMatchObject(answer);
    await own.close();
  });

  test("the waiting period is 7 to 30 days, and afterwards the key is gone", async () => {
    let now = Date.UTC(2026, 0, 1);
    const own = await startKms({ now: () => now, keys: [{ alias: "alias/a", keySpec: "SYMMETRIC_DEFAULT" }] });
    const ownClient = clientOf(own);
    const KeyId = own.keys()[0]?.id;
    const short = ownClient.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 6 }));
    await expect(short).rejects.toMatchObject({ name: "ValidationException" });
    await ownClient.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    now += 7 * 86_400_000;
    await expect(ownClient.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({
      name: "NotFoundException",
    });
    expect((await ownClient.send(new ListAliasesCommand({}))).Aliases).toEqual([]);
    await own.close();
  });

  test.each(["Creating", "PendingImport", "Unavailable"] as const)("%s: KMSInvalidStateException", async (state) => {
    kms.setKeyState(id, state);
    await expect(use()).rejects.toMatchObject({ name: "KMSInvalidStateException" });
    kms.setKeyState(id, "Updating");
    await expect(use()).resolves.toBeDefined();
    kms.setKeyState(id, "Enabled");
  });

  test("a key with external origin waits for its material", async () => {
    const { KeyMetadata } = await client.send(
      new CreateKeyCommand({ KeySpec: "RSA_2048", KeyUsage: "ENCRYPT_DECRYPT", Origin: "EXTERNAL" }),
    );
    expect(KeyMetadata?.KeyState).toBe("PendingImport");
    await expect(decryptWith({ KeyId: KeyMetadata?.KeyId })).rejects.toMatchObject({
      name: "KMSInvalidStateException",
    });
  });
});
