// Coded errors as results: those who share a batch fail alone. What has no code is a fault of the program, and is thrown.
import { FieldsealError } from "@fieldseal/core/errors";

/** What `work` returns, or the coded error that it throws. */
export function attempt<T>(work: () => T): T | FieldsealError {
  try {
    return work();
  } catch (error) {
    return coded(error);
  }
}

/** `attempt` for what takes its time. */
export async function settle<T>(work: Promise<T>): Promise<T | FieldsealError> {
  try {
    return await work;
  } catch (error) {
    return coded(error);
  }
}

function coded(error: unknown): FieldsealError {
  if (error instanceof FieldsealError) return error;
  throw error;
}
