// `fieldseal serve`: the service of a configuration file. I/O: a server until it is told to stop.
import { FieldsealError } from "@fieldseal/core/errors";
import { type RunningService, type ServiceFiles, startConfiguredService } from "@fieldseal/decrypt/service";
import type { Command } from "commander";
import { readJsonFile } from "../json-file.ts";
import { openRates } from "../serve/rate-store.ts";
import { readServiceFile } from "../serve/service-file.ts";
import { openTokenPart } from "../serve/token-part.ts";
import type { Terminal } from "../terminal/terminal.ts";

const examples = `
The configuration is JSON; schemas/service.schema.json describes it for editors. Files that it names are beside it.
With "keys", "expect" and "access" the service decrypts, with "tokenizer" it tokenizes; it may do both.
"replicas" are other Regions of multi-Region keys; "breaker" says when a Region that fails is not asked for a while.
SIGINT and SIGTERM let requests under way finish, write the last checkpoint of the audit trail, and end with 0.

example:
  fieldseal serve --config service.json`;

export function configure(command: Command, terminal: Terminal): void {
  command
    .requiredOption("--config <file>", "the service's configuration")
    .addHelpText("after", examples)
    .action(({ config }: { readonly config: string }) => serve(config, terminal));
}

async function serve(file: string, terminal: Terminal): Promise<void> {
  const { config, folder, tokens, rateStore } = await readServiceFile(file);
  const rates = rateStore === null ? null : await openRates(rateStore, folder);
  try {
    const part = tokens === null ? null : await openTokenPart(tokens, config.kms, rates);
    try {
      const others = {
        ...(part === null ? {} : { parts: [part.create] }),
        ...(rates === null ? {} : { rateStore: rates.store }),
        ready: { ...part?.ready, ...(rates === null ? {} : { rates: rates.check }) },
      };
      const service = await startConfiguredService(config, { folder, readJson }, others).catch(orNoListening);
      await run(service, "stdout" in config.audit, terminal);
    } finally {
      await part?.close();
    }
  } finally {
    await rates?.close();
  }
}

const readJson: ServiceFiles["readJson"] = async (...asked) => (await readJsonFile(...asked)).parsed;

/** What the system says to an address that cannot be listened on, as an error of the configuration. */
function orNoListening(error: unknown): never {
  const { code = "", syscall } = error as NodeJS.ErrnoException;
  if (syscall !== "listen" && syscall !== "getaddrinfo") throw error;
  throw new FieldsealError("CONFIG_INVALID", `the service cannot listen there: ${code}`, {
    hint: 'see "listen" in the configuration',
  });
}

async function run(service: RunningService, hasTrailOnStdout: boolean, terminal: Terminal): Promise<void> {
  // A line of another kind would be a broken one to whoever verifies the trail.
  if (terminal.json && hasTrailOnStdout) terminal.error(JSON.stringify({ url: service.url }));
  else terminal.report({ url: service.url }, "");
  terminal.note(`listening on ${service.url}`);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await service.close();
  terminal.note("stopped");
}
