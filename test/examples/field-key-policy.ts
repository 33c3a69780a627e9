// What the key policies of all examples have in common, however they are written.
import { expect } from "vitest";

/** A statement with lists where IAM also takes single values. */
export interface Statement {
  readonly sid: string;
  readonly effect: "Allow" | "Deny";
  readonly principals: readonly string[];
  readonly actions: readonly string[];
  /** Values by test and condition key, such as `StringEquals aws:PrincipalOrgID`. */
  readonly conditions: Readonly<Record<string, readonly string[]>>;
}

interface Names {
  readonly decryptRole: string;
  readonly deployRole: string;
  readonly organization: string;
}

/** Holds a key policy to: only that role decrypts, in that organization, with OAEP and SHA-256. */
export function expectFieldKeyPolicy(
  statements: readonly Statement[],
  { decryptRole, deployRole, organization }: Names,
): void {
  const allowing = statements.filter(({ effect }) => effect === "Allow");
  expect(allowing.filter(({ actions }) => actions.some(mayDecrypt))).toEqual([
    {
      sid: "Decrypt",
      effect: "Allow",
      principals: [decryptRole],
      actions: ["kms:Decrypt"],
      conditions: {
        "StringEquals kms:EncryptionAlgorithm": ["RSAES_OAEP_SHA_256"],
        "StringEquals aws:PrincipalOrgID": [organization],
      },
    },
  ]);
  // A grant would hand on the right to decrypt; denials hold against grants as well.
  expect(allowing.flatMap(({ actions }) => actions).filter((action) => /Grant|ReEncrypt/.test(action))).toEqual([]);
  const denying = statements.filter(({ effect }) => effect === "Deny");
  expect(
    denying.every(({ principals, actions }) => `${principals} ${actions}` === "* kms:Decrypt,kms:ReEncryptFrom"),
  ).toBe(true);
  expect(denying.map(({ conditions }) => conditions)).toEqual([
    { "ArnNotEquals aws:PrincipalArn": [decryptRole] },
    { "StringNotEquals aws:PrincipalOrgID": [organization] },
    { "StringNotEquals kms:EncryptionAlgorithm": ["RSAES_OAEP_SHA_256"] },
  ]);
  // Who may not name the key cannot deploy it: an alias needs the right in the key's policy as well.
  expect(statements.find(({ sid }) => sid === "Administer")!.actions).toEqual(
    expect.arrayContaining(["kms:CreateAlias", "kms:DeleteAlias", "kms:Put*"]),
  );
  expect(statements.find(({ sid }) => sid === "PullPublicKey")).toMatchObject({
    principals: [deployRole],
    actions: ["kms:GetPublicKey", "kms:DescribeKey"],
  });
}

/** Whether an action pattern of IAM covers kms:Decrypt. */
function mayDecrypt(pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "i").test("kms:Decrypt");
}
