// The DynamoDB table of a vault. I/O.
import { CreateTableCommand, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import type { DynamodbStoreOptions } from "./dynamodb-store.ts";

const maxWaitSeconds = 120;

/**
 * Makes the table of a vault, billed by request, and waits until it can be used; a table that is there stays as it is.
 * Time to live stays off: it deletes rows where tombstones must stay.
 */
export async function createVaultTable({ client, table }: DynamodbStoreOptions): Promise<void> {
  try {
    await client.send(
      new CreateTableCommand({
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
      }),
    );
  } catch (error) {
    if ((error as Error).name !== "ResourceInUseException") throw error;
  }
  await waitUntilTableExists({ client, maxWaitTime: maxWaitSeconds, minDelay: 1 }, { TableName: table });
}
