// The KMS key whose public half is at the edge. Its policy is the boundary: only the decrypt function's role opens.
import { RemovalPolicy } from "aws-cdk-lib";
import {
  AccountRootPrincipal,
  AnyPrincipal,
  Effect,
  type IRole,
  PolicyDocument,
  PolicyStatement,
  Role,
} from "aws-cdk-lib/aws-iam";
import { Key, KeySpec, KeyUsage } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";

export interface FieldKeyProps {
  readonly decryptRole: IRole;
  readonly deployRole: string;
  readonly organizationId: string;
}

// Administration without use: no Encrypt, Decrypt, ReEncrypt, CreateGrant.
const administration = ["Describe*", "List*", "Get*", "Put*", "Update*", "Enable*", "Disable*"];
const names = ["TagResource", "UntagResource", "CreateAlias", "DeleteAlias"];
const deletion = ["ScheduleKeyDeletion", "CancelKeyDeletion"];

export function fieldKey(scope: Construct, { decryptRole, deployRole, organizationId }: FieldKeyProps): Key {
  const inOrganization = { "aws:PrincipalOrgID": organizationId };
  const oaep = { "kms:EncryptionAlgorithm": "RSAES_OAEP_SHA_256" };
  const decrypt = { actions: ["kms:Decrypt"], resources: ["*"] };
  // Re-encryption decrypts, too.
  const opening = ["kms:Decrypt", "kms:ReEncryptFrom"];
  const denyOpening = { actions: opening, resources: ["*"], effect: Effect.DENY, principals: [new AnyPrincipal()] };
  const policy = new PolicyDocument({
    statements: [
      new PolicyStatement({
        sid: "Administer",
        principals: [new AccountRootPrincipal()],
        actions: [...administration, ...names, ...deletion].map((action) => `kms:${action}`),
        resources: ["*"],
      }),
      new PolicyStatement({
        sid: "PullPublicKey",
        principals: [Role.fromRoleName(scope, "DeployRole", deployRole)],
        actions: ["kms:GetPublicKey", "kms:DescribeKey"],
        resources: ["*"],
      }),
      new PolicyStatement({
        sid: "Decrypt",
        principals: [decryptRole],
        ...decrypt,
        conditions: { StringEquals: { ...oaep, ...inOrganization } },
      }),
      // Whatever IAM policies or later statements allow: each of these denies on its own.
      new PolicyStatement({
        sid: "OnlyTheDecryptRole",
        ...denyOpening,
        conditions: { ArnNotEquals: { "aws:PrincipalArn": decryptRole.roleArn } },
      }),
      new PolicyStatement({
        sid: "OnlyTheOrganization",
        ...denyOpening,
        conditions: { StringNotEquals: inOrganization },
      }),
      new PolicyStatement({ sid: "OnlyOaepSha256", ...denyOpening, conditions: { StringNotEquals: oaep } }),
    ],
  });
  return new Key(scope, "FieldKey", {
    alias: "alias/fieldseal-pii-1",
    keySpec: KeySpec.RSA_2048,
    keyUsage: KeyUsage.ENCRYPT_DECRYPT,
    policy,
    // Without the key every sealed value is lost.
    removalPolicy: RemovalPolicy.RETAIN,
  });
}
