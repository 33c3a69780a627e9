// How tests read failures: by code.

/** The `code` of the error that `act` throws; undefined where it throws none. An error without a code is rethrown. */
export function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (typeof (error as { code?: unknown }).code !== "string") throw error;
    return (error as { code: string }).code;
  }
}
