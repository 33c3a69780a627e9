// Options of the form NAME=VALUE, given once or several times. Pure.
import { usageError } from "./errors/usage-error.ts";

/** Collects the pairs of an option; for commander's `option(flags, description, collect, initial)`. */
export function collectPairs(option: string, form = "NAME=VALUE"): (pair: string, before?: Pairs) => Pairs {
  return (pair, before = {}) => {
    const at = pair.indexOf("=");
    if (at < 1) throw usageError(`${option} expects ${form}`);
    const name = pair.slice(0, at);
    if (Object.hasOwn(before, name)) throw usageError(`${option} has the same name twice`);
    return Object.fromEntries([...Object.entries(before), [name, pair.slice(at + 1)]]);
  };
}

export type Pairs = Readonly<Record<string, string>>;
