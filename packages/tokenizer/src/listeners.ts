// Functions that are told what happens: where one is given that is none, nobody would be told. Pure.
import { FieldsealError } from "@fieldseal/core/errors";

/** @throws {FieldsealError} `CONFIG_INVALID` unless each that is given is a function. */
export function checkListeners(listeners: Readonly<Record<string, unknown>>): void {
  for (const [name, listener] of Object.entries(listeners)) {
    if (listener === undefined || typeof listener === "function") continue;
    throw new FieldsealError("CONFIG_INVALID", `${name} is a function`);
  }
}
