// What wrapped keys hold, for the records of one call: each unwrapped once, given back at the end.
import { asDataKey, type SealedValue } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { Lent, WrappedKey } from "../data-keys/data-key-source.ts";
import type { Reader } from "../options.ts";

/** An unwrapped secret, or the stand-in of one that did not unwrap. */
export interface Secret {
  readonly bytes: Uint8Array;
  /** False: everything is done with it as with a genuine one, and then refused. */
  readonly genuine: boolean;
}

export interface Secrets {
  /**
   * The secret of one value.
   *
   * @throws {FieldsealError} the code with which its key could not be asked; `DECRYPTOR_CLOSED`.
   */
  of(id: string, holds: SealedValue["holds"]): Secret;
  /** How many did not unwrap now. */
  readonly refused: number;
  /** Gives everything back; nothing of it may be read after. */
  release(): void;
}

/** A wrapped key, and how many records need it. */
export interface NeededKey {
  readonly wrapped: WrappedKey;
  readonly records: number;
}

/** Unwraps every key, all at once; one that cannot be asked fails only what needs it. */
export async function unwrapAll(needed: readonly NeededKey[], reader: Reader): Promise<Secrets> {
  const { dataKeys, primitives, standIn } = reader;
  const answers = new Map<string, Lent | FieldsealError | null>();
  const release = (): void => {
    for (const answer of answers.values()) if (!(answer instanceof FieldsealError)) answer?.release();
  };
  const settled = await Promise.allSettled(needed.map(({ wrapped, records }) => dataKeys.unwrap(wrapped, records)));
  const broken: unknown[] = [];
  for (const [index, one] of settled.entries()) {
    const { id } = needed[index]!.wrapped;
    if (one.status === "fulfilled") answers.set(id, one.value);
    else if (one.reason instanceof FieldsealError) answers.set(id, one.reason);
    else broken.push(one.reason);
  }
  // A key provider's own fault: nothing is opened, and nothing stays lent.
  if (broken.length > 0) {
    release();
    throw broken[0];
  }
  // One wrapped key can be claimed by values of several formats: each sees it as what it takes it for.
  const prepared: Readonly<Record<SealedValue["holds"], Map<string, Secret>>> = {
    "data-key": new Map(),
    value: new Map(),
    "foreign-key": new Map(),
  };
  const prepare = (bytes: Uint8Array | null, holds: SealedValue["holds"]): Secret => {
    if (holds !== "data-key") return { bytes: bytes ?? standIn, genuine: bytes !== null };
    try {
      return { bytes: asDataKey(bytes ?? standIn, primitives), genuine: bytes !== null };
    } catch {
      return { bytes: standIn, genuine: false };
    }
  };
  return {
    of: (id, holds) => {
      const answer = answers.get(id);
      if (answer instanceof FieldsealError) throw answer;
      // Whoever waited for other keys may find those that were there zeroed.
      dataKeys.refuseIfClosed(true);
      const known = prepared[holds].get(id);
      if (known !== undefined) return known;
      const secret = prepare(answer?.bytes ?? null, holds);
      prepared[holds].set(id, secret);
      return secret;
    },
    refused: [...answers.values()].filter((answer) => answer === null).length,
    release,
  };
}
