// Functions of the caller: given where they should be, and told what happens, whatever they make of it.
import { FieldsealError } from "@fieldseal/core/errors";

/** @throws {FieldsealError} `CONFIG_INVALID` unless each that is given is a function. */
export function checkListeners(listeners: Readonly<Record<string, unknown>>): void {
  for (const [name, listener] of Object.entries(listeners)) {
    if (listener === undefined || typeof listener === "function") continue;
    throw new FieldsealError("CONFIG_INVALID", `${name} is a function`);
  }
}

/** The same listener; what the promise of an asynchronous one is rejected with ends no process. */
export function settled<T>(listener: (event: T) => unknown): (event: T) => void {
  return (event) => {
    Promise.resolve(listener(event)).catch(() => {});
  };
}

/** The same listener, whose errors change nothing for whoever tells it. */
export function quiet<T>(listener: (event: T) => unknown): (event: T) => void {
  const tell = settled(listener);
  return (event) => {
    try {
      tell(event);
    } catch {
      // Whoever is told has no say in what becomes of a request.
    }
  };
}
