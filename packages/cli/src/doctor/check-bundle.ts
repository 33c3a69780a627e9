// The deployment package: what is in it, and whether it is what runs. Pure.
import { createHash } from "node:crypto";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Policy } from "@fieldseal/core/policy";
import { unzipSync } from "fflate";
import { compilePolicy } from "../bundle/compile-policy.ts";
import { type Check, checksOf } from "./check.ts";
import type { Behavior } from "./deployed-distribution.ts";
import { type DeployedFunction, type EdgeEvent, edgeQuotas } from "./deployed-function.ts";

export interface BundleOptions {
  readonly event: EdgeEvent;
  readonly deployed: DeployedFunction | null;
  readonly policy: Policy | null;
  /** The behaviors that the function stands in front of. */
  readonly behaviors: readonly Behavior[];
}

const secretMarker = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const maxUnzippedBytes = 64 * 1024 * 1024;

/**
 * Holds a zip to what `fieldseal bundle` writes, to the deployed function and to a policy.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` where it is no zip.
 */
export function checkBundle(zip: Uint8Array, { event, deployed, policy, behaviors }: BundleOptions): Check[] {
  const check = checksOf("bundle");
  const files = unzip(zip);
  const source = files.get("index.mjs") ?? "";
  const carried = constantsIn(source);
  const { codeBytes } = edgeQuotas[event];
  const codeSha256 = createHash("sha256").update(zip).digest("base64");
  return [
    check(
      "bundle-files",
      files.size === 1 && files.has("index.mjs"),
      [...files.keys()].slice(0, 5).join(", ") || "no file",
      "deploy the function.zip that `fieldseal bundle` writes: index.mjs alone",
    ),
    check(
      "bundle-policy-inside",
      carried !== null,
      carried === null ? "none" : "policy and runtime",
      "make the zip with `fieldseal bundle`",
    ),
    check(
      "bundle-mode",
      carried?.options.mode !== "shadow",
      carried === null ? "not told" : String(carried.options.mode ?? "enforce"),
      "in shadow mode nothing is protected: bundle again without --mode",
    ),
    check(
      "bundle-secrets",
      ![...files.values()].some((text) => secretMarker.test(text)),
      "searched for private keys",
      "a private key is in the package: replace that key, and make the zip with `fieldseal bundle`",
    ),
    check(
      "bundle-development-keys",
      !/arn:aws[a-z-]*:kms:[a-z0-9-]+:000000000000:/.test(source),
      "searched for an emulator's keys",
      "pull the real keys with `fieldseal pull-key`, and bundle again without --development",
    ),
    check(
      "bundle-size",
      zip.length <= codeBytes,
      `${zip.length} bytes`,
      `at ${event} the package may have ${codeBytes} bytes`,
    ),
    ...checkPayloadHash(behaviors, carried),
    ...checkReceiptKey(behaviors, carried, event),
    ...(policy === null
      ? []
      : [
          check(
            "bundle-policy",
            carried?.policy === compilePolicy(policy),
            `against policy ${policy.id}`,
            "the bundle carries another policy, or another version's: run `fieldseal bundle` again and deploy the result",
          ),
        ]),
    ...(deployed === null
      ? []
      : [
          check(
            "bundle-hash",
            deployed.codeSha256 === codeSha256,
            `deployed ${deployed.codeSha256 || "none"}, zip ${codeSha256}`,
            "another zip is deployed: upload this one and publish a version, or find out who deployed the other",
          ),
        ]),
  ];
}

/** Origins behind access control need the hash of the body that the function writes. */
function checkPayloadHash(behaviors: readonly Behavior[], carried: Constants | null): Check[] {
  const signed = new Set(behaviors.flatMap((behavior) => behavior.signed));
  if (signed.size === 0) return [];
  return [
    checksOf("bundle")(
      "bundle-payload-hash",
      carried?.options.originPayloadHash === "x-amz-content-sha256",
      `for ${[...signed].join(", ")}`,
      "bundle again with --origin-payload-hash x-amz-content-sha256: the origin answers 403 to a signed hash that is another body's",
    ),
  ];
}

/** A function that signs receipts finds its key at each origin. */
function checkReceiptKey(behaviors: readonly Behavior[], carried: Constants | null, event: EdgeEvent): Check[] {
  const header = carried?.options.receiptKeyHeader;
  if (typeof header !== "string" || behaviors.length === 0) return [];
  const name = header.toLowerCase();
  const without = behaviors.filter(({ keyHeaders }) => !keyHeaders.every((headers) => headers.includes(name)));
  return [
    checksOf("bundle")(
      "bundle-receipt-key",
      event === "origin-request" && without.length === 0,
      without.length === 0 ? `in ${name}` : `absent or short at ${without.map(({ pattern }) => pattern).join(", ")}`,
      event === "origin-request"
        ? `give each origin the custom header ${name}, of 32 characters or more: without it every covered request is refused (RECEIPT_KEY_MISSING)`
        : "associate the function with origin-request: viewer requests show no origin, and so no key of receipts",
    ),
  ];
}

/** Text of each file of the zip, by its name. */
function unzip(zip: Uint8Array): Map<string, string> {
  let total = 0;
  try {
    const files = unzipSync(zip, {
      filter: ({ originalSize }) => {
        total += originalSize;
        if (total > maxUnzippedBytes) throw new RangeError("too large");
        return true;
      },
    });
    return new Map(Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString("latin1")]));
  } catch {
    throw new FieldsealError("CONFIG_INVALID", "the bundle is no zip file, or too large when unpacked", {
      hint: "give function.zip, or the folder that `fieldseal bundle` wrote",
    });
  }
}

interface Constants {
  /** The policy, as `compilePolicy` wrote it. */
  readonly policy: string;
  /** Options of the handler. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** The constants that a bundle's module begins with; null where there are none. */
function constantsIn(source: string): Constants | null {
  const found = /^const FIELDSEAL_POLICY=JSON\.parse\(("(?:[^"\\]|\\.)*")\),FIELDSEAL_OPTIONS=(\{.*\});\n/.exec(source);
  if (found === null) return null;
  try {
    const [policy, options] = found.slice(1).map((text) => JSON.parse(Buffer.from(text, "latin1").toString("utf8")));
    return { policy: policy as string, options: options as Constants["options"] };
  } catch {
    return null;
  }
}
