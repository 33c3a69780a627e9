// What AWS KMS calls a key: its ARN or id, here and in other Regions (KMS Developer Guide, Multi-Region keys). Pure.

const keySyntax = /^(?:arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key\/)?(?:mrk-[0-9a-f]{32}|[0-9a-f-]{36})$/;

/** True for a key's ARN or id; an alias is none. */
export function isKeyId(kms: string): boolean {
  return keySyntax.test(kms);
}

/** The Region of a key's ARN; undefined for an id alone. */
export function regionOfKey(kms: string): string | undefined {
  return /^arn:[^:]+:kms:([^:]+)/.exec(kms)?.[1];
}

/** True for a key that has the same id in every Region. */
export function isMultiRegion(kms: string): boolean {
  return /(?:^|\/)mrk-/.test(kms);
}

/** What a multi-Region key is called in another Region. */
export function keyIdIn(region: string, kms: string): string {
  return kms.replace(/^(arn:[^:]+:kms:)[^:]+/, `$1${region}`);
}
