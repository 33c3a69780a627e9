// The same stream over a decryptor of one's own, in process: its options and rules hold as they are.
import type { Duplex } from "node:stream";
import type { Who } from "@fieldseal/core/access";
import { type Named, refuseUnknownNames } from "@fieldseal/core/config";
import type { Context } from "@fieldseal/core/envelope";
import type { Decryptor } from "../../decryptor.ts";
import { type Expect, placementOf } from "../../placement.ts";
import type { HostReader } from "../host-reader.ts";
import { openingOver, type StreamSettings, streamSettings } from "./decrypt-stream.ts";
import { generatorDuplex } from "./generator-duplex.ts";

export interface DecryptorStreamOptions extends Omit<StreamSettings, "caller"> {
  readonly decryptor: Decryptor;
  /** Where envelopes may stand; without it, anywhere in NDJSON and CSV, nowhere in text. */
  readonly expect?: Expect;
  readonly context?: Context;
  readonly who?: Who;
}

const optionNames: Readonly<Record<keyof DecryptorStreamOptions, true>> = {
  ...streamSettings,
  mediaType: true,
  decryptor: true,
  expect: true,
  context: true,
  who: true,
};
/** Without `expect` envelopes open wherever they stand: a misspelt one must not be passed over. */
const ofStream: Named = { what: "a stream's options", names: optionNames, code: "CONFIG_INVALID" };

/**
 * A transform of sealed bytes to opened ones by `decryptor`, which it does not close.
 *
 * @throws {FieldsealError} `MEDIA_TYPE_UNSUPPORTED`, `SELECTOR_INVALID`, `CONFIG_INVALID`; the stream fails with the codes of
 * groups body and reader.
 *
 * @example
 * ```ts
 * import { createReadStream, createWriteStream } from "node:fs";
 * import { pipeline } from "node:stream/promises";
 * import type { Decryptor } from "@fieldseal/decrypt";
 * import { decryptStreamBy } from "@fieldseal/decrypt/stream";
 * declare const decryptor: Decryptor;
 * const opening = decryptStreamBy({ decryptor, mediaType: "text/csv", expect: { ssn: "$.ssn" } });
 * await pipeline(createReadStream("sealed.csv"), opening, createWriteStream("opened.csv"));
 * ```
 */
export function decryptStreamBy(options: DecryptorStreamOptions): Duplex {
  refuseUnknownNames(options, ofStream);
  const { decryptor, expect, context = {}, who = {}, ...settings } = options;
  const fields = [...placementOf(expect).names];
  const place = { context, ...(expect === undefined ? {} : { expect }) };
  const reader: HostReader = {
    openBodies: (bodies) => {
      const placed = bodies.map((body) => ({ ...body, ...place }));
      return decryptor.decryptBodies(placed, who);
    },
    openField: (envelope, field) => decryptor.decryptField(envelope, { field, ...place }, who),
    openText: (text) => decryptor.decryptText(text, { fields, ...place }, who),
    close: async () => {},
  };
  return generatorDuplex(openingOver(reader, { ...settings, caller: { principal: "", ...who } }));
}
