// What the command-line parser complains of, without the values that the user typed: one could be a secret. Pure.
import { nearestName } from "@fieldseal/core/config";
import type { FieldsealError } from "@fieldseal/core/errors";
import type { Command, CommanderError } from "commander";
import { usageError } from "./usage-error.ts";

/** The complaint `error` of `command`, which was called with `words`. */
export function wrongUsage(error: CommanderError, command: Command, words: readonly string[]): FieldsealError {
  if (error.code === "commander.excessArguments") {
    const takesNone = command.registeredArguments.length === 0;
    return usageError("too many arguments", takesNone ? "options name files, and data comes in on stdin" : undefined);
  }
  if (error.code === "commander.missingMandatoryOptionValue") {
    // A misspelt option looks like a missing one.
    const unknown = unknownOption(command, words);
    if (unknown !== undefined) {
      const nearest = nearestName(unknown, optionsOf(command));
      return usageError(`unknown option '${unknown}'${nearest === null ? "" : ` (Did you mean ${nearest}?)`}`);
    }
  }
  return usageError(withoutValues(error.message.replace(/^error: /, "").replaceAll("\n", " ")));
}

function unknownOption(command: Command, words: readonly string[]): string | undefined {
  const known = optionsOf(command);
  return words.map((word) => /^--[a-z-]+/.exec(word)?.[0]).find((name) => name !== undefined && !known.includes(name));
}

function optionsOf(command: Command): string[] {
  return ["--help", ...command.options.flatMap(({ long }) => long ?? [])];
}

function withoutValues(message: string): string {
  return message
    .replace(/^unknown option '(--[^'=]*|-[^'-]).*'/, "unknown option '$1'")
    .replace(/ argument '.*' is invalid/, " has a wrong value");
}
