export type { AuditEvent, AuditSink } from "@fieldseal/core/audit";
export { FieldsealError } from "@fieldseal/core/errors";
export type { Limiter, Operation, TokenizerAccess, TokenizerAlert } from "./access/gate.ts";
export type {
  FileKeyReference,
  KeyReference,
  KeySet,
  SecretKeyReference,
  WrappedKeyReference,
} from "./config/key-references.ts";
export type { AwsPlace, TokenizerConfig } from "./config/parse-config.ts";
export { parseTokenizerConfig } from "./config/parse-config.ts";
export type { DynamodbPlace, PostgresPlace, VaultConfig, VaultPlace } from "./config/vault-config.ts";
export { readPostgresPlace } from "./config/vault-config.ts";
export type { Ff1, Ff1Options, Numerals, SameKind } from "./ff1/index.ts";
export { createFf1 } from "./ff1/index.ts";
export type * from "./formats/index.ts";
export { parseFormats } from "./formats/index.ts";
export type * from "./keyless/index.ts";
export * from "./keyless/index.ts";
export type { KeysOfKind, OpenKeysOptions } from "./keys/configured-keys.ts";
export { openTokenKeys } from "./keys/configured-keys.ts";
export { fileTokenKeys } from "./keys/file-keys.ts";
export type { StaticKeysOptions } from "./keys/static-keys.ts";
export { readSecretFile, staticTokenKeys } from "./keys/static-keys.ts";
export type { KeyScope, TokenKey, TokenKeys } from "./keys/token-keys.ts";
export type { TokenRequest } from "./scopes.ts";
export type { TokenVault, VaultScope, VaultValue } from "./token-vault.ts";
export { noTenant } from "./token-vault.ts";
export type { Requests, Tokenized, Tokenizer, TokenizerOptions } from "./tokenizer.ts";
export { createTokenizer } from "./tokenizer.ts";
export type { VaultFormat } from "./vault-format.ts";
