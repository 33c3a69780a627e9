// The entry of `fieldseal`.
import { runCommandLine } from "./command-line.ts";
import { processTerminal } from "./terminal/terminal.ts";

const words = process.argv.slice(2);
const terminal = processTerminal(words.includes("--json"));
process.exitCode = await runCommandLine(words, terminal);
terminal.closeInput();
