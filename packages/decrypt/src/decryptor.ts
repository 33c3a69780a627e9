// The reader: finds sealed values, checks their place, opens what the caller may see, writes it back.
import type { Who } from "@fieldseal/core/access";
import { refuseUnknownNames } from "@fieldseal/core/config";
import { FieldsealError } from "@fieldseal/core/errors";
import { type BodyToDecrypt, readBody } from "./body-record.ts";
import type { BodyResult, FieldReport } from "./body-result.ts";
import { checkWho } from "./collaborators.ts";
import { isCsv, readCsvBody } from "./csv-body.ts";
import { checkField, checkPins, checkText, ofBody, ofFieldPlace, ofTextPlace } from "./known-members.ts";
import { type OpenedRecord, openRecords } from "./open/open-records.ts";
import type { OpenedField, SealedRecord } from "./open/record.ts";
import { checkModes, createReader, type DecryptorOptions, ofDecryptor, type Reader } from "./options.ts";
import { type FieldPlace, readField, readText, type TextPlace } from "./text-record.ts";

export interface Decryptor {
  /**
   * Opens the sealed values of a body (JSON, NDJSON, form, multipart, XML, text, CSV with a header row, where selectors
   * name columns) and writes them back. Fields that `who` may not see stay sealed; fields of which
   * only the end may be seen become masks. A body of lines or rows is opened, or refused, as one.
   *
   * @throws {FieldsealError} `ENVELOPE_MISPLACED` where a value stands where `expect` has not its field; the codes of
   * docs/errors.md, groups body and reader; `CONFIG_INVALID` for members that there are not, or of another kind.
   */
  decryptBody(body: BodyToDecrypt, who?: Who): Promise<Uint8Array>;
  /** Opens many bodies, in order, with one call for each distinct data key; each fails alone. */
  decryptBodies(bodies: readonly BodyToDecrypt[], who?: Who): Promise<BodyResult[]>;
  /**
   * Opens the sealed values of `fields` in any text and writes them as text.
   *
   * @throws {FieldsealError} `ENVELOPE_MISPLACED` for a value of another field; the codes of group reader.
   */
  decryptText(text: string, place: TextPlace, who?: Who): Promise<string>;
  /**
   * Opens one sealed value of one field: a string decoded, other JSON tokens as spelled.
   *
   * @throws {FieldsealError} `ENVELOPE_MISPLACED` for a value of another field, `ACCESS_DENIED`, and the codes of group
   * reader.
   */
  decryptField(envelope: string, place: FieldPlace, who?: Who): Promise<string>;
  /** Zeroes the data keys, those in use as well, and gives up the calls under way; nothing can be opened after. */
  close(): Promise<void>;
}

/**
 * Creates a decryptor over a ring of keys.
 *
 * @throws {FieldsealError} `ACCESS_INVALID` for malformed access rules, `CONFIG_INVALID` for limits that are not
 * positive and finite, formats that contradict each other, keys, a trail or a clock that are none, and options that
 * there are not.
 *
 * @example
 * ```ts
 * import { createDecryptor, type KeyProvider } from "@fieldseal/decrypt";
 * declare const keys: KeyProvider;
 * declare const bytes: Uint8Array;
 * const decryptor = createDecryptor({ keys });
 * const opened = await decryptor.decryptBody({ bytes, mediaType: "application/json", expect: { ssn: "$.ssn" } });
 * ```
 */
export function createDecryptor(options: DecryptorOptions): Decryptor {
  refuseUnknownNames(options, ofDecryptor);
  return decryptorOf(createReader(options));
}

/** The decryptor of a prepared reader. */
export function decryptorOf(reader: Reader): Decryptor {
  const openAll = async <T>(reads: readonly Read<T>[], who: Who): Promise<Opened<T>[]> => {
    reader.dataKeys.refuseIfClosed();
    checkWho(who);
    return await openRecords(await Promise.all(reads.map(orError)), who, reader);
  };
  const openOne = async <T>(read: Read<T>, who: Who): Promise<T> => {
    const [opened] = await openAll([read], who);
    if (opened instanceof FieldsealError) throw opened;
    return opened!.result;
  };
  const readOf = (body: BodyToDecrypt): Read<Uint8Array> => {
    return () => {
      refuseUnknownNames(body, ofBody);
      const { onFieldError = reader.onFieldError, onDenied = reader.onDenied } = body;
      checkModes({ onFieldError, onDenied });
      checkPins(body);
      // Text or an ArrayBuffer, which only types keep out, would pass for an empty body and come back sealed.
      // Memory that was transferred would end a whole batch.
      if (!(body.bytes instanceof Uint8Array) || (body.bytes.buffer as ArrayBuffer).detached) {
        throw new FieldsealError("CONFIG_INVALID", "bytes is no Uint8Array, or its memory was transferred");
      }
      if (typeof (body.mediaType ?? "") !== "string")
        throw new FieldsealError("CONFIG_INVALID", "mediaType is no text");
      return isCsv(body) ? readCsvBody(body, reader) : readBody(body, reader);
    };
  };
  return {
    decryptBody: (body, who = {}) => openOne(readOf(body), who),
    decryptBodies: async (bodies, who = {}) => {
      if (!Array.isArray(bodies)) throw new FieldsealError("CONFIG_INVALID", "bodies must be an array");
      const opened = await openAll(bodies.map(readOf), who);
      return opened.map((one): BodyResult => {
        return one instanceof FieldsealError ? { error: one } : { bytes: one.result, fields: one.fields.map(reportOf) };
      });
    },
    decryptText: (text, place, who = {}) => {
      return openOne(() => {
        refuseUnknownNames(place, ofTextPlace);
        checkText(text, place);
        return readText(text, place, reader);
      }, who);
    },
    decryptField: (envelope, place, who = {}) => {
      return openOne(() => {
        refuseUnknownNames(place, ofFieldPlace);
        checkField(envelope, place);
        return readField(envelope, place, reader);
      }, who);
    },
    close: async () => reader.dataKeys.close(),
  };
}

type Opened<T> = OpenedRecord<T> | FieldsealError;
type Read<T> = () => SealedRecord<T> | Promise<SealedRecord<T>>;

async function orError<T>(read: Read<T>): Promise<SealedRecord<T> | FieldsealError> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FieldsealError) return error;
    throw error;
  }
}

function reportOf({ found, outcome, error, nested }: OpenedField): FieldReport {
  const { value, field, start } = found;
  const { kid, format, binding } = value;
  const report = { field, kid, format, binding, offset: start, outcome, nested };
  return error === null ? report : { ...report, code: error.code };
}
