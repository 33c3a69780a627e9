import { describe, expect, it } from "vitest";
import { filesBelow, readText } from "../repo/workspace.ts";
import { expectFieldKeyPolicy, type Statement } from "./field-key-policy.ts";

interface Written {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: Readonly<Record<string, string | readonly string[]>>;
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

const files = filesBelow("examples/iam");
const read = (file: string): { Version: string; Statement: Written[] } => JSON.parse(readText(file));
const statement = (name: string): Written => read(`examples/iam/${name}.json`).Statement[0]!;

function normal({ Sid, Effect, Principal = {}, Action, Condition = {} }: Written): Statement {
  const conditions = Object.entries(Condition).flatMap(([test, keys]) =>
    Object.entries(keys).map(([key, values]) => [`${test} ${key}`, [values].flat()]),
  );
  return {
    sid: Sid,
    effect: Effect,
    principals: Object.values(Principal).flat(),
    actions: [Action].flat(),
    conditions: Object.fromEntries(conditions),
  };
}

describe("examples/iam", () => {
  it.each(files)("%s is a policy document whose statements name themselves and fit their kind", (file) => {
    const { Version, Statement: statements } = read(file);
    expect(Version).toBe("2012-10-17");
    expect(new Set(statements.map(({ Sid }) => Sid)).size).toBe(statements.length);
    for (const { Principal, Action, Resource, Effect } of statements) {
      for (const action of [Action].flat()) expect(action).toMatch(/^(?:kms|lambda|cloudfront|iam|logs|sts):[A-Z]/);
      const isTrust = /trust/.test(file);
      const isResourcePolicy = isTrust || /key-policy/.test(file);
      expect([Principal !== undefined, Resource !== undefined]).toEqual([isResourcePolicy, !isTrust]);
      // Identity policies name what they are about; only a key policy says "*", which is the key itself.
      if (!isResourcePolicy) expect([Resource].flat()).not.toContain("*");
      if (Effect === "Allow") expect(Object.values(Principal ?? {}).flat()).not.toContain("*");
    }
  });

  it("lets only the decrypt function's role decrypt", () => {
    expectFieldKeyPolicy(read("examples/iam/key-policy.json").Statement.map(normal), {
      decryptRole: "arn:aws:iam::111122223333:role/fieldseal-decrypt",
      deployRole: "arn:aws:iam::111122223333:role/deployer",
      organization: "o-example1234",
    });
  });

  it("gives each role what it needs of KMS and no more", () => {
    const ofKms = files
      .filter((file) => !file.endsWith("key-policy.json"))
      .flatMap((file) => read(file).Statement.flatMap(({ Action }) => [Action].flat().map((action) => [file, action])))
      .filter(([, action]) => action!.startsWith("kms:"));
    expect(ofKms).toEqual([
      ["examples/iam/decrypt.json", "kms:Decrypt"],
      ["examples/iam/pull-key.json", "kms:GetPublicKey"],
      ["examples/iam/pull-key.json", "kms:DescribeKey"],
    ]);
    expect(statement("decrypt").Condition).toEqual({
      StringEquals: { "kms:EncryptionAlgorithm": "RSAES_OAEP_SHA_256" },
    });
  });

  it("lets the deployer put a version at the edge and take the one before away", () => {
    expect(statement("deploy-edge").Action).toEqual(
      expect.arrayContaining(["lambda:GetFunction", "lambda:EnableReplication*", "lambda:DisableReplication*"]),
    );
  });

  it("trusts both services of Lambda@Edge", () => {
    expect(statement("edge-trust").Principal).toEqual({
      Service: ["lambda.amazonaws.com", "edgelambda.amazonaws.com"],
    });
  });

  it("lets no service but Lambda be the decrypt function's role", () => {
    expect(statement("lambda-trust").Principal).toEqual({ Service: "lambda.amazonaws.com" });
  });

  it("lets doctor's files be written by who may only read", () => {
    for (const action of statement("doctor").Action) expect(action).toMatch(/:Get/);
  });
});
