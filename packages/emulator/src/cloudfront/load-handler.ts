// Loads an edge function from an unpacked deployment package. I/O: imports the module.
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { EmulatorError } from "../emulator-error.ts";
import type { EdgeRequestHandler } from "./run-handler.ts";

/**
 * Imports `handler` from `index.mjs` in a directory, as Lambda does with the handler setting `index.handler`.
 *
 * The module is imported anew when its file has changed since the last call.
 *
 * @throws HANDLER_NOT_FOUND when there is no such file, HANDLER_INVALID when it exports no async handler
 * @example
 * ```ts
 * import { loadHandler, startCloudFront } from "@fieldseal/emulator";
 * const handler = await loadHandler("build/edge");
 * const edge = await startCloudFront({ handler, origin: { host: "127.0.0.1", port: 3000 } });
 * await edge.close();
 * ```
 */
export async function loadHandler(directory: string): Promise<EdgeRequestHandler> {
  const file = resolve(join(directory, "index.mjs"));
  const found = await stat(file).catch((cause: unknown) => {
    throw new EmulatorError("HANDLER_NOT_FOUND", "the directory holds no index.mjs", cause);
  });
  const url = pathToFileURL(file);
  url.searchParams.set("modified", String(found.mtimeMs));
  const exported: unknown = await import(url.href).catch((cause: unknown) => {
    throw new EmulatorError("HANDLER_INVALID", "index.mjs cannot be imported", cause);
  });
  const handler = (exported as { handler?: unknown }).handler;
  if (typeof handler !== "function")
    throw new EmulatorError("HANDLER_INVALID", "index.mjs exports no handler function");
  if (handler.length > 2) {
    throw new EmulatorError("HANDLER_INVALID", "current Lambda runtimes call no callbacks: export an async handler");
  }
  return handler as EdgeRequestHandler;
}
