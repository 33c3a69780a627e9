// `fieldseal serve`: the decrypt service of a configuration file. I/O: a server until it is told to stop.
import path from "node:path";
import { parseServiceConfig, startConfiguredService } from "@fieldseal/decrypt/service";
import type { Command } from "commander";
import { readJsonFile } from "../json-file.ts";
import type { Terminal } from "../terminal.ts";

const examples = `
The configuration is JSON; schemas/service.schema.json describes it for editors. Files that it names are beside it.
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
  const { parsed: config } = await readJsonFile(file, "CONFIG_INVALID", parseServiceConfig);
  const service = await startConfiguredService(config, path.dirname(path.resolve(file)));
  terminal.report({ url: service.url }, "");
  terminal.note(`listening on ${service.url}`);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await service.close();
  terminal.note("stopped");
}
