// The vault's rows in DynamoDB, with the credentials that the AWS SDK finds. I/O.
import type { DynamodbPlace } from "@fieldseal/tokenizer";
import type { VaultStore } from "@fieldseal/tokenizer/vault";
import { type AwsOptions, awsClientConfig } from "../aws/aws-client.ts";
import { loadPackage } from "../load-package.ts";

/**
 * Opens the store; `create` makes its table where there is none. Closing it ends the client.
 *
 * @throws {FieldsealError} `PACKAGE_MISSING`, `ENDPOINT_REFUSED`, `VAULT_UNAVAILABLE`.
 */
export async function openDynamodb(place: DynamodbPlace, options: AwsOptions, create: boolean): Promise<VaultStore> {
  const { DynamoDBClient } = await loadPackage("@aws-sdk/client-dynamodb", () => import("@aws-sdk/client-dynamodb"));
  const { createDynamodbStore, createVaultTable } = await import("@fieldseal/tokenizer/dynamodb");
  const { table, endpoint, region = options.region } = place;
  const { profile } = options;
  const given = {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
  };
  const client = new DynamoDBClient({
    ...awsClientConfig(given, { suffix: "DYNAMODB", code: "ENDPOINT_REFUSED" }),
  });
  if (create) {
    await createVaultTable({ client, table }).catch((error: unknown) => {
      client.destroy();
      throw error;
    });
  }
  return { ...createDynamodbStore({ client, table }), close: async () => client.destroy() };
}
