// `fieldseal encrypt`: what the edge function does, for one body on stdin. I/O.
import { matchRoute } from "@fieldseal/core/policy";
import { encryptBody } from "@fieldseal/edge-encrypt";
import type { Command } from "commander";
import { usageError } from "../errors/usage-error.ts";
import { withHint } from "../errors/with-hint.ts";
import { checkMediaType } from "../media-type-option.ts";
import { collectPairs, type Pairs } from "../option-pairs.ts";
import { readPolicyFile } from "../policy/policy-file.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface EncryptOptions {
  readonly policy: string;
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly context?: Pairs;
}

const examples = `
Nothing is written to stdout unless the whole body is safe. A request that no route covers is passed on or refused as
the policy's onUnmatched says.

example:
  fieldseal encrypt --policy policy.json --method POST --path /v1/customers --content-type application/json \\
    --context tenant=acme < customer.json > sealed.json`;

export function configure(command: Command, terminal: Terminal): void {
  command
    .requiredOption("--policy <file>", "the policy")
    .option("--method <method>", "HTTP method of the request", "POST")
    .option("--path <path>", "path of the request, without query", "/")
    .requiredOption("--content-type <type>", "media type of the body")
    .option("--context <name=value...>", "context values; may be repeated", collectPairs("--context"))
    .addHelpText("after", examples)
    .action((options: EncryptOptions) => encrypt(options, terminal));
}

async function encrypt(options: EncryptOptions, terminal: Terminal): Promise<void> {
  const { method, path, contentType: mediaType, context = {} } = options;
  checkUsage(options);
  const { parsed: policy } = await readPolicyFile(options.policy);
  const bytes = await terminal.readInput();
  const sealed = await encryptBody({ bytes, mediaType, method, path, context }, policy).catch((error: unknown) => {
    throw withHint(error, hintsOf(options));
  });
  if (matchRoute(policy, method, path).kind === "none") {
    terminal.warn("no route of the policy covers this request: the body leaves as it came", 'see "onUnmatched"');
  } else if (sealed === bytes) {
    terminal.warn("no rule of the route selects anything in this body: it leaves as it came");
  }
  terminal.write(sealed);
}

/** What would otherwise be another request than the one that is meant. */
function checkUsage({ method, path, contentType }: EncryptOptions): void {
  if (!/^[A-Z-]+$/.test(method)) throw usageError("--method expects an HTTP method in upper case, such as POST");
  if (!/^\/[^?#]*$/.test(path)) throw usageError("--path expects a path that begins with /, without query");
  checkMediaType(contentType);
}

/** Who left the method or path out has not seen which ones stood in. */
function hintsOf({ method, path }: EncryptOptions): Parameters<typeof withHint>[1] {
  const hint = `asked for ${method} ${path}: --method and --path say another`;
  return {
    ROUTE_UNMATCHED: hint,
    METHOD_NOT_COVERED: hint,
    CONTEXT_MISSING: "--context NAME=VALUE gives what the policy draws from headers",
  };
}
