// The commands, one row each, and the one door where errors become lines on stderr and exit codes.
import { readFile } from "node:fs/promises";
import { Command, CommanderError } from "commander";
import { exitCodeOf, renderError } from "./errors/render-error.ts";
import { wrongUsage } from "./errors/wrong-usage.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** A command's module: it is loaded only when the command is asked for, so that `--help` loads no AWS SDK. */
interface CommandModule {
  /** Adds options, examples and the action. */
  configure(command: Command, terminal: Terminal): void;
}

interface Row {
  readonly words: readonly string[];
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

const rows: readonly Row[] = [
  { words: ["keygen"], summary: "make an RSA key pair for development", load: () => import("./commands/keygen.ts") },
  { words: ["pull-key"], summary: "fetch a public key from AWS KMS", load: () => import("./commands/pull-key.ts") },
  { words: ["encrypt"], summary: "seal the fields of a body", load: () => import("./commands/encrypt.ts") },
  { words: ["decrypt"], summary: "open the envelopes of a body", load: () => import("./commands/decrypt.ts") },
  { words: ["inspect"], summary: "list envelopes, without any key", load: () => import("./commands/inspect.ts") },
  {
    words: ["policy", "check"],
    summary: "validate a policy, and say what it covers",
    load: () => import("./commands/policy-check.ts"),
  },
  {
    words: ["policy", "diff"],
    summary: "say what another policy covers, uncovers and re-keys",
    load: () => import("./commands/policy-diff.ts"),
  },
  { words: ["bundle"], summary: "write the edge function of a policy", load: () => import("./commands/bundle.ts") },
  {
    words: ["serve"],
    summary: "run the service that decrypts and tokenizes",
    load: () => import("./commands/serve.ts"),
  },
  {
    words: ["audit", "verify"],
    summary: "say whether an audit trail is whole",
    load: () => import("./commands/audit-verify.ts"),
  },
  {
    words: ["audit", "report"],
    summary: "say who opened what, how often",
    load: () => import("./commands/audit-report.ts"),
  },
  { words: ["doctor"], summary: "check what is deployed", load: () => import("./commands/doctor.ts") },
  { words: ["tokenize"], summary: "replace values by tokens", load: () => import("./commands/tokenize.ts") },
  { words: ["detokenize"], summary: "give back the values of tokens", load: () => import("./commands/detokenize.ts") },
  {
    words: ["retokenize"],
    summary: "replace tokens of older keys by those of the current one",
    load: () => import("./commands/retokenize.ts"),
  },
  { words: ["vault", "init"], summary: "make an empty vault", load: () => import("./commands/vault-init.ts") },
  {
    words: ["vault", "stats"],
    summary: "count the tokens of a vault",
    load: () => import("./commands/vault-stats.ts"),
  },
  {
    words: ["vault", "export"],
    summary: "write a vault, sealed, to stdout",
    load: () => import("./commands/vault-export.ts"),
  },
  { words: ["vault", "import"], summary: "take an export in", load: () => import("./commands/vault-import.ts") },
  {
    words: ["vault", "erase"],
    summary: "end all tokens of a subject for good",
    load: () => import("./commands/vault-erase.ts"),
  },
  {
    words: ["vault", "sweep"],
    summary: "clear expired tokens and what was left half done",
    load: () => import("./commands/vault-sweep.ts"),
  },
  {
    words: ["vault", "rekey"],
    summary: "seal a vault again under its current key",
    load: () => import("./commands/vault-rekey.ts"),
  },
  { words: ["dev"], summary: "run CloudFront and KMS in front of an origin", load: () => import("./commands/dev.ts") },
];

const groups: Readonly<Record<string, string>> = {
  policy: "work with policies",
  audit: "work with audit trails",
  vault: "work with a vault",
};

const examples = `
examples:
  fieldseal keygen --bits 2048 --kid pii-1 --out keys
  fieldseal policy check policy.json --samples samples
  fieldseal encrypt --policy policy.json --path /v1/customers --content-type application/json < in.json > sealed.json
  fieldseal decrypt --private-key pii-1=keys/pii-1.private.pem --policy policy.json --content-type application/json < sealed.json
  fieldseal tokenize --config tokenizer.json --format card < numbers.txt > tokens.txt

Data comes in on stdin and goes out on stdout; everything else goes to stderr.
exit codes: 0 done, 1 refused or failed, 2 wrong usage`;

/** Runs one command line; the answer is the exit code. */
export async function runCommandLine(line: readonly string[], terminal: Terminal): Promise<number> {
  // An option of every command may stand before it, too.
  const given = line[0] === "--json" && line.length > 1 ? [...line.slice(1), "--json"] : line;
  const words = given[0] === "help" ? wordsOfHelp(given.slice(1)) : given;
  const asked = rows.find((row) => row.words.every((word, index) => words[index] === word));
  const program = createProgram(terminal);
  program.version(await ownVersion(), "--version", "print the version");
  try {
    for (const row of rows) {
      const command = addCommand(program, row);
      if (row !== asked) continue;
      command.option("--json", "write reports, warnings and errors as JSON");
      (await row.load()).configure(command, terminal);
    }
    await program.parseAsync(words, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === "commander.help")) {
      return error.exitCode === 0 ? 0 : 2;
    }
    const command = commandOf(program, words);
    const known = error instanceof CommanderError ? wrongUsage(error, command, words) : error;
    const code = exitCodeOf(known);
    const usage = code === 2 ? command.createHelp().commandUsage(command) : null;
    terminal.error(renderError(known, { json: terminal.json, usage }));
    return code;
  }
}

/** `help encrypt` shows what `encrypt --help` shows; of what is no command there is nothing to show. */
function wordsOfHelp(asked: readonly string[]): readonly string[] {
  const isKnown = asked.length === 0 || rows.some((row) => row.words[0] === asked[0]);
  return isKnown ? [...asked, "--help"] : asked;
}

function createProgram(terminal: Terminal): Command {
  return (
    new Command("fieldseal")
      .description("field-level encryption at the CloudFront edge, opened through AWS KMS")
      .addHelpText("after", examples)
      // Commands have a --version of their own, for keys.
      .enablePositionalOptions()
      .exitOverride()
      .configureOutput({
        writeOut: (text) => terminal.show(text),
        writeErr: (text) => terminal.error(text.trimEnd()),
        outputError: () => {},
      })
      .configureHelp({ styleTitle: (title) => title.toLowerCase() })
  );
}

function addCommand(program: Command, { words, summary }: Row): Command {
  const parent = words.slice(0, -1).reduce((above, word) => {
    const known = above.commands.find((command) => command.name() === word);
    return (
      known ??
      above
        .command(word)
        .description(groups[word] ?? "")
        .helpCommand(false)
    );
  }, program);
  return parent.command(words.at(-1)!).description(summary);
}

/** The command that the words name, as far as they do. */
function commandOf(program: Command, words: readonly string[]): Command {
  let current = program;
  for (const word of words) {
    const next = current.commands.find((command) => command.name() === word);
    if (next === undefined) break;
    current = next;
  }
  return current;
}

async function ownVersion(): Promise<string> {
  const manifest = await readFile(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
