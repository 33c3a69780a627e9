// What to do where KMS did not open a data key, whichever command asked it. Pure.

/** By code. */
export const kmsHints = {
  KMS_KEY_UNUSABLE: "check the key's ARN in the policy, its Region and account, and that it is enabled",
  KMS_ACCESS_DENIED: "run this with the credentials of the decryptor's role",
  KMS_UNAVAILABLE: "check the credentials, the Region, the endpoint and the network",
} as const;
