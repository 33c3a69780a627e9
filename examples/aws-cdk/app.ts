// The app of `cdk deploy`. Account, organization and names come from the environment; docs/operations.md has the steps.
import { existsSync } from "node:fs";
import { App } from "aws-cdk-lib";
import { LakeStack } from "./lake-stack.ts";
import { FieldKeyStack, FieldsealStack } from "./stack.ts";

function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`set ${name}`);
  return value;
}

const app = new App();
// Lambda@Edge functions live in us-east-1; there, nothing refers across Regions.
const env = { account: given("CDK_DEFAULT_ACCOUNT"), region: "us-east-1" };
const { decryptRole } = new FieldKeyStack(app, "fieldseal-key", {
  env,
  organizationId: given("ORGANIZATION_ID"),
  deployRole: given("DEPLOY_ROLE"),
});
const edgeZip = "build/function.zip";
// Before the first `fieldseal bundle` there is only the key.
if (existsSync(edgeZip)) {
  new FieldsealStack(app, "fieldseal", {
    env,
    decryptRole,
    originDomain: given("ORIGIN_DOMAIN"),
    domainName: given("DOMAIN_NAME"),
    certificate: given("CERTIFICATE_ARN"),
    alarmTopic: given("ALARM_TOPIC_ARN"),
    tenant: given("TENANT"),
    edgeZip,
    decryptFolder: "build/decrypt",
  });
}
const tokenizeFolder = "build/tokenize";
if (existsSync(tokenizeFolder)) {
  const [tokenKey, alarmTopic] = [given("TOKEN_KEY_ARN"), given("ALARM_TOPIC_ARN")];
  new LakeStack(app, "fieldseal-lake", { env, tokenizeFolder, tokenKey, alarmTopic });
}
