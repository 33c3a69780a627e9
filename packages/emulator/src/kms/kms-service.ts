// The operation table of KMS.
import type { AwsService } from "../aws-json/service.ts";
import { aliasManagementOperations } from "./alias-management.ts";
import { createKeyOperation, type KeyFactory } from "./create-key.ts";
import { deriveGenerateOperations } from "./derive-generate.ts";
import { encryptDecryptOperations } from "./encrypt-decrypt.ts";
import { keyManagementOperations } from "./key-management.ts";
import type { KeyStore } from "./key-store.ts";

/** KMS over one store. */
export function kmsService(store: KeyStore, addKey: KeyFactory): AwsService {
  return {
    targetPrefix: "TrentService",
    actionPrefix: "kms",
    internalError: "KMSInternalException",
    resourceMember: "KeyId",
    operations: new Map([
      ["CreateKey", createKeyOperation(store, addKey)],
      ...keyManagementOperations(store),
      ...aliasManagementOperations(store),
      ...encryptDecryptOperations(store),
      ...deriveGenerateOperations(store),
    ]),
  };
}
