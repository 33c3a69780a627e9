// The app of `cdk deploy`. Account, organization and names come from the environment; docs/operations.md has the steps.
import { App } from "aws-cdk-lib";
import { FieldsealStack } from "./stack.ts";

function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`set ${name}`);
  return value;
}

new FieldsealStack(new App(), "fieldseal", {
  // Lambda@Edge functions live in us-east-1; one stack there needs no references across Regions.
  env: { account: given("CDK_DEFAULT_ACCOUNT"), region: "us-east-1" },
  organizationId: given("ORGANIZATION_ID"),
  deployRole: given("DEPLOY_ROLE"),
  originDomain: given("ORIGIN_DOMAIN"),
  tenant: given("TENANT"),
  edgeZip: "build/function.zip",
  decryptFolder: "build/decrypt",
});
