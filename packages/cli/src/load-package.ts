// Packages that only some configurations need: loaded when they are needed, named where they are not installed. I/O.
import { FieldsealError } from "@fieldseal/core/errors";

/**
 * Runs `load`, which imports something that needs the package `name`.
 *
 * @throws {FieldsealError} `PACKAGE_MISSING` where the package is not installed.
 */
export async function loadPackage<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = (error ?? {}) as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" || !message.includes(`'${name}'`)) throw error;
    throw new FieldsealError("PACKAGE_MISSING", `the configuration needs the package ${name}, which is not installed`, {
      hint: `npm install ${name}, in the place where @fieldseal/cli is installed`,
    });
  }
}
