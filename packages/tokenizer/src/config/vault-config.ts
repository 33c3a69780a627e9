// Where a configuration says that a vault's rows are. Pure: it opens nothing.
import {
  exactlyOne,
  filled,
  type Place,
  readInteger,
  readObject,
  readOneOf,
  readString,
  wrong,
} from "@fieldseal/core/config";
import { readEndpoint } from "./endpoint.ts";
import { type KeyReference, readCommonKeys } from "./key-references.ts";

/** A PostgreSQL database; the connection string is the document's own, an environment variable's, or a file's. */
export interface PostgresPlace {
  readonly connection: { readonly url: string } | { readonly urlEnv: string } | { readonly urlFile: string };
  /** `name` or `schema.name`. */
  readonly table: string;
  /** Most connections of this process. */
  readonly maxConnections: number;
  /** What becomes of a connection without TLS to another machine. */
  readonly onPlaintext: "refuse" | "allow";
}

/** A DynamoDB table. */
export interface DynamodbPlace {
  readonly table: string;
  readonly region?: string;
  /** `http:` on the loopback interface only. */
  readonly endpoint?: string;
}

/** Where a vault's rows are. */
export type VaultPlace =
  | { readonly sqlite: string }
  | { readonly postgres: PostgresPlace }
  | { readonly dynamodb: DynamodbPlace };

/** Where a vault's rows and root keys are. */
export interface VaultConfig {
  readonly place: VaultPlace;
  readonly current: string;
  /** Root keys, of no tenant and no format. The one that the vault was begun with must stay among them. */
  readonly keys: readonly KeyReference[];
  /** Whether equal values have equal tokens. */
  readonly tokens: "deterministic" | "random";
}

const variableSyntax = { pattern: /^[A-Za-z_][A-Za-z0-9_]{0,255}$/, says: "the name of an environment variable" };
const postgresTable = { pattern: /^[a-z_][a-z0-9_]{0,62}(?:\.[a-z_][a-z0-9_]{0,62})?$/, says: "name or schema.name" };
const dynamodbTable = { pattern: /^[A-Za-z0-9_.-]{3,255}$/, says: "the name of a table" };
const stores = ["sqlite", "postgres", "dynamodb"] as const;
const connections = ["url", "urlEnv", "urlFile"] as const;

export function readVault(place: Place): VaultConfig {
  const section = readObject(place, [...stores, "keys", "tokens"]);
  const { name, of } = exactlyOne(place, section, stores);
  const tokens = section.optional("tokens");
  return {
    place: readStore(name, of),
    ...readCommonKeys(section.required("keys")),
    tokens: tokens === undefined ? "deterministic" : readOneOf(tokens, ["deterministic", "random"]),
  };
}

function readStore(name: (typeof stores)[number], place: Place): VaultPlace {
  if (name === "sqlite") return { sqlite: readString(place) };
  return name === "postgres"
    ? { postgres: readPostgresPlace(place, "fieldseal_vault") }
    : { dynamodb: readDynamodb(place) };
}

/** Reads a place in PostgreSQL; `defaultTable` where it names no table. */
export function readPostgresPlace(place: Place, defaultTable: string): PostgresPlace {
  const section = readObject(place, [...connections, "table", "maxConnections", "onPlaintext"]);
  const { optional } = section;
  const { name, of } = exactlyOne(place, section, connections);
  const text = readString(of, name === "urlEnv" ? variableSyntax : filled);
  if (name === "url") refusePassword(of, text);
  const [table, most, plaintext] = [optional("table"), optional("maxConnections"), optional("onPlaintext")];
  return {
    connection: name === "url" ? { url: text } : name === "urlEnv" ? { urlEnv: text } : { urlFile: text },
    table: table === undefined ? defaultTable : readString(table, postgresTable),
    maxConnections: most === undefined ? 10 : readInteger(most, 1, 1000),
    onPlaintext: plaintext === undefined ? "refuse" : readOneOf(plaintext, ["refuse", "allow"]),
  };
}

/** Configurations are shared and kept in repositories. */
function refusePassword(place: Place, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw wrong(place, "expects a connection string such as postgres://user@host/database");
  if (url.password !== "" || url.searchParams.has("password")) {
    throw wrong(place, 'holds a password: name a variable with "urlEnv" or a file with "urlFile" instead');
  }
}

function readDynamodb(place: Place): DynamodbPlace {
  const { optional, required } = readObject(place, ["table", "region", "endpoint"]);
  const [region, endpoint] = [optional("region"), optional("endpoint")];
  return {
    table: readString(required("table"), dynamodbTable),
    ...(region === undefined ? {} : { region: readString(region, filled) }),
    ...(endpoint === undefined ? {} : { endpoint: readEndpoint(endpoint) }),
  };
}
