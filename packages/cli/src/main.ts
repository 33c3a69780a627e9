// The entry of `fieldseal`.
import { runCommandLine } from "./command-line.ts";
import { processTerminal } from "./terminal.ts";

const words = process.argv.slice(2);
process.exitCode = await runCommandLine(words, processTerminal(words.includes("--json")));
