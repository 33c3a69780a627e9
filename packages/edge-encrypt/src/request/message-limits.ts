// CloudFront's limits on what is not the body, checked before anything is sealed (CloudFront guide, "Quotas"). Pure.
import { Buffer } from "node:buffer";
import { FieldsealError } from "@fieldseal/core/errors";
import type { HeaderEdit } from "./header-edits.ts";
import type { MessageHead } from "./message-head.ts";

const maxUrlBytes = 8192;
const maxRequestBytes = 20_480;

/**
 * Checks the sizes that a request will have with a query of `queryBytes` bytes and edited headers.
 *
 * @throws {FieldsealError} `URL_TOO_LONG`, `HEADERS_TOO_LARGE`.
 */
export function refuseLongHead(head: MessageHead, queryBytes: number, edits: readonly HeaderEdit[]): void {
  const url = Buffer.byteLength(head.uri) + (queryBytes === 0 ? 0 : 1 + queryBytes);
  if (url > maxUrlBytes && queryBytes !== head.query.length) {
    throw new FieldsealError("URL_TOO_LONG", `the sealed URL would be longer than ${maxUrlBytes} bytes`);
  }
  if (queryBytes === head.query.length && edits.length === 0) return;
  let total = `${head.method}  HTTP/1.1\r\n`.length + url;
  for (const [header, lines] of Object.entries(head.headers)) {
    for (const line of lines) total += header.length + Buffer.byteLength(line) + ": \r\n".length;
  }
  for (const { header, index, length } of edits) total += length - Buffer.byteLength(head.headers[header]![index]!);
  if (total > maxRequestBytes) {
    throw new FieldsealError("HEADERS_TOO_LARGE", `the sealed headers and URL would be over ${maxRequestBytes} bytes`);
  }
}
