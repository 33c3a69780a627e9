// The DynamoDB table of a vault. I/O.
import { CreateTableCommand, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { driverError } from "../driver-error.ts";
import type { DynamodbStoreOptions } from "./dynamodb-store.ts";

const maxWaitSeconds = 120;

/**
 * Makes the table of a vault, billed by request, and waits until it can be used; a table that is there stays as it is.
 * Time to live stays off: it deletes rows where tombstones must stay.
 *
 * @throws VAULT_UNAVAILABLE
 */
export async function createVaultTable({ client, table }: DynamodbStoreOptions): Promise<void> {
  const command = new CreateTableCommand({
    TableName: table,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "sk", AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
  });
  try {
    await client.send(command).catch((error: Error) => {
      if (error.name !== "ResourceInUseException") throw error;
    });
    await waitUntilTableExists({ client, maxWaitTime: maxWaitSeconds, minDelay: 1 }, { TableName: table });
  } catch (error) {
    throw driverError("VAULT_UNAVAILABLE", "the table could not be made", error);
  }
}
