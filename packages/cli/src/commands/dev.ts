// `fieldseal dev`: CloudFront and KMS on this machine, in front of an origin. I/O: servers until Ctrl-C.
import path from "node:path";
import { FieldsealError } from "@fieldseal/core/errors";
import type { RingKey } from "@fieldseal/core/policy";
import { createOriginRequestHandler, parsePolicy } from "@fieldseal/edge-encrypt";
import { EmulatorError, type KeySpec, type KmsServer, startCloudFront, startKms } from "@fieldseal/emulator";
import { type Command, InvalidArgumentError } from "commander";
import { usageError } from "../errors/usage-error.ts";
import { replaceFile } from "../files.ts";
import { readPolicyFile } from "../policy/policy-file.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface DevOptions {
  readonly policy: string;
  readonly origin: string;
  readonly port?: number;
  readonly policyOut?: string;
}

const examples = `
Every key of the policy is replaced by one of its kind in the local KMS; --policy-out writes the policy with those keys, for
decrypt --kms --endpoint. Keys and data keys are gone when the command ends.

example:
  fieldseal dev --policy policy.json --origin http://127.0.0.1:3000 --policy-out dev-policy.json`;

export function configure(command: Command, terminal: Terminal): void {
  command
    .requiredOption("--policy <file>", "the policy")
    .requiredOption("--origin <url>", "http: URL of the origin")
    .option("--port <n>", "port of the local CloudFront; default: a free one", portNumber)
    .option("--policy-out <file>", "write the policy with the local keys")
    .addHelpText("after", examples)
    .action((options: DevOptions) => dev(options, terminal));
}

async function dev(
  { policy: file, origin: originText, port, policyOut }: DevOptions,
  terminal: Terminal,
): Promise<void> {
  const origin = originOf(originText);
  if (policyOut !== undefined && path.resolve(policyOut) === path.resolve(file)) {
    throw usageError("--policy-out names the policy itself: its keys would be lost");
  }
  const { document, parsed } = await readPolicyFile(file);
  const ring = [...parsed.keys.values()];
  const closers: (() => Promise<void>)[] = [];
  try {
    const kms = await startKms({ keys: ring.map((key) => ({ alias: `alias/${key.kid}`, keySpec: specOf(key) })) });
    closers.push(() => kms.close());
    const local = await withLocalKeys(document, ring, kms);
    // By CloudFront's request id: requests run side by side.
    const outcomes = new Map<string | undefined, Readonly<Record<string, unknown>>>();
    const handler = createOriginRequestHandler({
      policy: parsePolicy(local),
      onSealed: ({ requestId, fields }) => outcomes.set(requestId, { sealed: fields }),
      log: ({ requestId, code, field, selector, offset, hint }) =>
        outcomes.set(requestId, { refused: code, field, selector, offset, hint }),
    });
    const edge = await startCloudFront({
      origin,
      ...(port === undefined ? {} : { port }),
      handler: async (event) => {
        const { config, request } = event.Records[0]!.cf;
        const { method, uri } = request;
        const result = await handler(event);
        show(terminal, { method, path: uri, ...(outcomes.get(config.requestId) ?? { sealed: {} }) });
        outcomes.delete(config.requestId);
        return result;
      },
    });
    closers.push(() => edge.close());
    if (policyOut !== undefined) await replaceFile(policyOut, `${JSON.stringify(local, null, 2)}\n`);
    terminal.report({ cloudfront: edge.url, kms: kms.url }, `cloudfront: ${edge.url}\nkms: ${kms.url}\n`);
    terminal.note("stop with Ctrl-C");
    await stopped();
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    const hint = "give another --port, or none for a free one";
    throw new FieldsealError("CONFIG_INVALID", error.message, /EADDRINUSE/.test(error.message) ? { hint } : {});
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

function originOf(text: string): { host: string; port: number; path: string } {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== "http:") throw usageError("--origin expects an http: URL");
  if (url.username + url.password + url.search + url.hash !== "") {
    throw usageError("--origin is an address and a path: no user, query or fragment");
  }
  const prefix = url.pathname.replace(/\/$/, "");
  // A URL has brackets around an address of IPv6; a socket's address has none.
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port: url.port === "" ? 80 : Number(url.port), path: prefix };
}

function portNumber(text: string): number {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError("A port is 0 to 65535.");
  return Number(text);
}

/** What KMS calls a key of that kind and size. */
function specOf({ alg, publicKey }: RingKey): KeySpec {
  return alg === "DHKEM-P256" ? "ECC_NIST_P256" : (`RSA_${publicKey.wrappedLength * 8}` as KeySpec);
}

/** The policy document with each key's public half and ARN from the local KMS. */
async function withLocalKeys(document: unknown, ring: readonly RingKey[], kms: KmsServer): Promise<unknown> {
  const keys: Record<string, unknown> = {};
  for (const [index, { kid }] of ring.entries()) {
    const { arn } = kms.keys()[index]!;
    const { publicKey } = await publicKeyOf(kms.url, arn);
    const { fingerprint: _, ...entry } = (document as { keys: Record<string, { fingerprint?: string }> }).keys[kid]!;
    keys[kid] = { ...entry, publicKey, kms: arn };
  }
  return { ...(document as object), keys };
}

async function publicKeyOf(url: string, arn: string): Promise<{ readonly publicKey: string }> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "TrentService.GetPublicKey" },
    body: JSON.stringify({ KeyId: arn }),
  });
  return { publicKey: ((await answer.json()) as { PublicKey: string }).PublicKey };
}

function show(terminal: Terminal, line: Readonly<Record<string, unknown>>): void {
  terminal.error(JSON.stringify(line));
}

async function stopped(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, resolve);
  });
}
