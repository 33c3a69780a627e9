// Content codings of a body (RFC 9110 section 8.4.1), opened under a limit. zlib is loaded when a first body needs it:
// at start, it would cost as much as half of everything else.
import { FieldsealError } from "@fieldseal/core/errors";
import type { Route } from "@fieldseal/core/policy";

const decoders = {
  gzip: "gunzipSync",
  "x-gzip": "gunzipSync",
  deflate: "inflateSync",
  br: "brotliDecompressSync",
} as const;

/** The codings that the lines of a Content-Encoding header name, without `identity`. */
export function contentCodings(lines: readonly string[]): string[] {
  const codings = lines.flatMap((line) => line.split(",")).map((coding) => coding.trim().toLowerCase());
  return codings.filter((coding) => coding !== "" && coding !== "identity");
}

/**
 * Opens a coded body, as the route says.
 *
 * @throws {FieldsealError} `CONTENT_CODING_UNSUPPORTED` where the route opens none, for an unknown coding and for more
 * than one; `BODY_TOO_LARGE` over `limits.maxDecodedBytes`; `BODY_MALFORMED`.
 */
export async function openContentCoding(
  bytes: Uint8Array,
  [coding, another]: readonly string[],
  route: Route,
): Promise<Uint8Array> {
  if (coding === undefined) return bytes;
  if (route.onCompressed === "refuse") {
    throw new FieldsealError("CONTENT_CODING_UNSUPPORTED", "the body is compressed", {
      hint: 'send it with the identity coding, or set onCompressed to "open" on the route',
    });
  }
  if (another !== undefined || !Object.hasOwn(decoders, coding)) {
    throw new FieldsealError("CONTENT_CODING_UNSUPPORTED", "the body has more than one content coding, or another one");
  }
  const { maxDecodedBytes } = route.limits;
  const zlib = await import("node:zlib");
  try {
    return zlib[decoders[coding as keyof typeof decoders]](bytes, { maxOutputLength: maxDecodedBytes });
  } catch (cause) {
    if ((cause as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE") {
      throw new FieldsealError("BODY_TOO_LARGE", `the decoded body is longer than ${maxDecodedBytes} bytes`);
    }
    throw new FieldsealError("BODY_MALFORMED", "the body is not of the content coding that it is declared to have");
  }
}
