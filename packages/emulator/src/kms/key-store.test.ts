import {
  CreateAliasCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  ListAliasesCommand,
  ListKeysCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-kms";
import { describe, expect, test } from "vitest";
import { client, decryptWith, ids, kms, missingId, status } from "./kms.fixture.ts";

describe("naming keys", () => {
  const arn = (resource: string, region = "us-east-1") => `arn:aws:kms:${region}:000000000000:${resource}`;

  test.each([ids.rsa, arn(`key/${ids.rsa}`), "alias/pii", arn("alias/pii")])("%s is accepted", async (KeyId) => {
    await expect(decryptWith({ KeyId })).resolves.toMatchObject({ KeyId: arn(`key/${ids.rsa}`) });
  });

  test.each([
    missingId,
    "alias/none",
    arn(`key/${ids.rsa}`, "eu-west-1"),
    arn(`key/${missingId}`),
    "nonsense",
    "arn:x",
  ])("%s is a NotFoundException", async (KeyId) => {
    await expect(decryptWith({ KeyId })).rejects.toMatchObject({ name: "NotFoundException", ...status(400) });
  });

  test("a malformed ARN is an InvalidArnException where the operation declares it", async () => {
    const call = client.send(new DescribeKeyCommand({ KeyId: "arn:aws:kms:x" }));
    await expect(call).rejects.toMatchObject({ name: "InvalidArnException" });
  });

  test("management operations take no alias", async () => {
    const call = client.send(new DisableKeyCommand({ KeyId: "alias/pii" }));
    await expect(call).rejects.toMatchObject({ name: "NotFoundException" });
  });

  test("an alias can be made, listed, moved and deleted", async () => {
    const AliasName = "alias/moving";
    await client.send(new CreateAliasCommand({ AliasName, TargetKeyId: ids.rsa }));
    const again = client.send(new CreateAliasCommand({ AliasName, TargetKeyId: ids.rsa }));
    await expect(again).rejects.toMatchObject({ name: "AlreadyExistsException" });
    await client.send(new UpdateAliasCommand({ AliasName, TargetKeyId: ids.other }));
    const { Aliases } = await client.send(new ListAliasesCommand({ KeyId: ids.other }));
    expect(Aliases).toMatchObject([{ AliasName, TargetKeyId: ids.other, AliasArn: arn(AliasName) }]);
    await expect(decryptWith({ KeyId: AliasName })).rejects.toMatchObject({ name: "InvalidCiphertextException" });
    await client.send(new DeleteAliasCommand({ AliasName }));
    await expect(decryptWith({ KeyId: AliasName })).rejects.toMatchObject({ name: "NotFoundException" });
    const bad = client.send(new CreateAliasCommand({ AliasName: "moving", TargetKeyId: ids.rsa }));
    await expect(bad).rejects.toMatchObject({ name: "InvalidAliasNameException" });
  });

  test("ListKeys pages through every key once", async () => {
    const seen: string[] = [];
    let Marker: string | undefined;
    do {
      const page = await client.send(new ListKeysCommand({ Limit: 2, ...(Marker !== undefined && { Marker }) }));
      seen.push(...(page.Keys ?? []).map(({ KeyId }) => KeyId ?? ""));
      Marker = page.NextMarker;
      expect(page.Truncated).toBe(Marker !== undefined);
    } while (Marker !== undefined);
    expect(seen).toEqual(kms.keys().map(({ id }) => id));
  });
});

describe("pages", () => {
  test("a page that holds exactly what is left is the last; an unknown marker is refused", async () => {
    const all = await client.send(new ListKeysCommand({ Limit: kms.keys().length }));
    expect([all.Keys?.length, all.Truncated, all.NextMarker]).toEqual([kms.keys().length, false, undefined]);
    const unknown = client.send(new ListKeysCommand({ Marker: "x" }));
    await expect(unknown).rejects.toMatchObject({ name: "InvalidMarkerException" });
  });
});
