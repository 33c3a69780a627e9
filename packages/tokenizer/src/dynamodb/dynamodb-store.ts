// A vault's rows in a DynamoDB table: one-item conditional writes, consistent reads. I/O.
import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import { FieldsealError } from "@fieldseal/core/errors";
import { memberSeparator, type StoreEntry, splitKey, type VaultStore } from "../vault/store.ts";

export interface DynamodbStoreOptions {
  /** The caller's client, with its own retries and timeouts; it stays the caller's. */
  readonly client: DynamoDBClient;
  /** Name of a table with the string keys `pk` (partition) and `sk` (sort); `createVaultTable` makes one. */
  readonly table: string;
}

type Item = Record<string, AttributeValue>;

// BatchGetItem's own limit.
const getBatch = 100;
const concurrentPuts = 32;
const maxAttempts = 8;

/**
 * A store in a DynamoDB table. DynamoDB's own time to live must stay off for the table.
 *
 * @example
 * ```ts
 * import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
 * import { createDynamodbStore } from "@fieldseal/tokenizer/dynamodb";
 * const store = createDynamodbStore({ client: new DynamoDBClient({ region: "us-east-1" }), table: "vault" });
 * ```
 */
export function createDynamodbStore(options: DynamodbStoreOptions): VaultStore {
  const { table: TableName } = options;
  const client = { send: sender(options.client) };
  const put = (key: string, item: Uint8Array, old?: Uint8Array): Promise<boolean> => {
    const Item = { ...itemKey(key), item: { B: item } };
    return met(() => client.send(new PutItemCommand({ TableName, Item, ...condition(old) })));
  };
  const getBatchOf = async (keys: readonly string[], found: Map<string, Uint8Array>): Promise<void> => {
    let asked: Item[] = keys.map(itemKey);
    for (let attempt = 0; asked.length > 0; attempt++) {
      if (attempt === maxAttempts) {
        throw new FieldsealError("VAULT_UNAVAILABLE", "DynamoDB left keys unprocessed", { retryable: true });
      }
      if (attempt > 0) await backOff(attempt);
      const answer: BatchGetItemCommandOutput = await client.send(
        new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: asked, ConsistentRead: true } } }),
      );
      for (const item of answer.Responses?.[TableName] ?? []) {
        const { key, item: bytes } = readItem(item);
        found.set(key, bytes);
      }
      asked = answer.UnprocessedKeys?.[TableName]?.Keys ?? [];
    }
  };
  return {
    async get(key) {
      const { Item } = await client.send(new GetItemCommand({ TableName, Key: itemKey(key), ConsistentRead: true }));
      return Item === undefined ? undefined : readItem(Item).item;
    },
    async getMany(keys) {
      const unique = [...new Set(keys)];
      const found = new Map<string, Uint8Array>();
      for (let at = 0; at < unique.length; at += getBatch) await getBatchOf(unique.slice(at, at + getBatch), found);
      return keys.map((key) => found.get(key));
    },
    putIfAbsent: (key, item) => put(key, item),
    async putManyIfAbsent(entries) {
      const seen = new Set<string>();
      const written: boolean[] = [];
      for (let at = 0; at < entries.length; at += concurrentPuts) {
        const batch = entries.slice(at, at + concurrentPuts);
        // Of equal keys in one call the first counts, so a second one is not even sent beside it.
        const puts = batch.map(({ key, item }) => {
          if (seen.has(key)) return false;
          seen.add(key);
          return put(key, item);
        });
        written.push(...(await Promise.all(puts)));
      }
      return written;
    },
    putIfEquals: (key, item, old) => put(key, item, old),
    deleteIfEquals: (key, old) =>
      met(() => client.send(new DeleteItemCommand({ TableName, Key: itemKey(key), ...condition(old) }))),
    async scan(range, { limit, after }) {
      const start = after === undefined ? {} : { ExclusiveStartKey: itemKey(after) };
      const page = { TableName, ConsistentRead: true, Limit: limit, ...start };
      const { Items = [], LastEvaluatedKey } = await client.send(
        "group" in range
          ? new QueryCommand({
              ...page,
              KeyConditionExpression: "pk = :pk",
              ExpressionAttributeValues: { ":pk": { S: range.group } },
            })
          : new ScanCommand({
              ...page,
              FilterExpression: "begins_with(pk, :prefix)",
              ExpressionAttributeValues: { ":prefix": { S: range.prefix } },
            }),
      );
      const entries: StoreEntry[] = Items.map(readItem).filter(
        ({ key }) => !("group" in range) || splitKey(key).member !== undefined,
      );
      return { entries, ...(LastEvaluatedKey === undefined ? {} : { next: readKey(LastEvaluatedKey) }) };
    },
    close: async () => {},
  };
}

/** The client's `send`; a table that is not there has its own code, since trying again would not help. */
function sender(client: DynamoDBClient): DynamoDBClient["send"] {
  const send = (command: Parameters<DynamoDBClient["send"]>[0]): Promise<unknown> =>
    client.send(command).catch((error: unknown) => {
      if ((error as Error).name !== "ResourceNotFoundException") throw error;
      throw new FieldsealError("VAULT_MISSING", "the vault's table is not there");
    });
  return send as DynamoDBClient["send"];
}

// A sort key cannot be empty: a key without member has "-", a member stands behind "#".
function itemKey(key: string): Item {
  const { group, member } = splitKey(key);
  return { pk: { S: group }, sk: { S: member === undefined ? "-" : `#${member}` } };
}

function readKey({ pk, sk }: Item): string {
  const member = sk?.S === "-" ? "" : memberSeparator + sk!.S!.slice(1);
  return pk!.S! + member;
}

function readItem(item: Item): StoreEntry {
  return { key: readKey(item), item: item.item!.B! };
}

type Condition = Pick<
  PutItemCommandInput,
  "ConditionExpression" | "ExpressionAttributeNames" | "ExpressionAttributeValues"
>;

function condition(old: Uint8Array | undefined): Condition {
  if (old === undefined) return { ConditionExpression: "attribute_not_exists(pk)" };
  return {
    ConditionExpression: "#item = :old",
    // ITEM is a reserved word of DynamoDB's expressions.
    ExpressionAttributeNames: { "#item": "item" },
    ExpressionAttributeValues: { ":old": { B: old } },
  };
}

/** Whether the condition of a write was met. */
async function met(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if ((error as Error).name === "ConditionalCheckFailedException") return false;
    throw error;
  }
}

/** A random wait of up to 25 ms, doubled with each attempt. */
function backOff(attempt: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * 25 * 2 ** attempt));
}
