// From a sealed request back to the one that CloudFront forwards. Content-Length is CloudFront's own and never touched.
import { Buffer } from "node:buffer";
import type { CloudFrontHeaders, CloudFrontRequest } from "aws-lambda";
import { bufferOf } from "../buffer-of.ts";
import { isReceiptHeader, receiptHeader } from "../receipt/receipt.ts";
import type { RoutedRequest, SealedLine, SealedRequest } from "../request/seal-request.ts";
import { payloadHash, renewBodyDigests } from "./body-digests.ts";
import { bodilessMethods, bodyTruncated } from "./read-request.ts";
import { receiptFor } from "./receipt-for.ts";
import { type EdgeSettings, receiptKeyOf } from "./settings.ts";

/**
 * The sealed request, with its receipt.
 *
 * @throws {FieldsealError} `RECEIPT_KEY_MISSING`; `BODY_TRUNCATED` where the receipt would sign a body that is.
 */
export function writeRequest(
  request: CloudFrontRequest,
  {
    routed,
    sealed,
    settings,
    requestId,
  }: {
    readonly routed: RoutedRequest;
    readonly sealed: SealedRequest;
    readonly settings: EdgeSettings;
    readonly requestId: string | undefined;
  },
): CloudFrontRequest {
  const { bytes } = sealed;
  const isReplaced = bytes !== routed.bytes || routed.replacesBody;
  const written = { ...withoutReceipt(request, settings) };
  const headers = sealed.lines.length === 0 ? { ...written.headers } : withLines(written.headers, sealed.lines);
  if (sealed.query !== null) written.querystring = sealed.query;
  if (isReplaced) {
    const data = bufferOf(bytes).toString("base64");
    written.body = { action: "replace", encoding: "base64", data, inputTruncated: false };
    renewBodyDigests(headers, bytes, settings.bodyDigests);
    if (routed.replacesBody) delete headers["content-encoding"];
  }
  written.headers = headers;
  hashPayload(written, bytes, settings);
  const key = receiptKeyOf(request, settings);
  // An HMAC covers all of a body.
  if (key !== null && written.body?.inputTruncated) throw bodyTruncated();
  const value = receiptFor(written, { sealed, settings, requestId, key });
  headers[receiptHeader] = [{ key: receiptHeader, value }];
  return written;
}

/** A request that no route covers: as it came, without a receipt that the client wrote. */
export function passRequest(request: CloudFrontRequest, settings: EdgeSettings): CloudFrontRequest {
  const written = withoutReceipt(request, settings);
  const { body } = written;
  if (settings.originPayloadHash === null || body === undefined) return written;
  const hashed = { ...written, headers: { ...written.headers } };
  hashPayload(hashed, Buffer.from(body.data, body.encoding === "text" ? "utf8" : "base64"), settings);
  return hashed;
}

/** The request as it came, with a receipt that says so. */
export function shadowRequest(request: CloudFrontRequest, settings: EdgeSettings): CloudFrontRequest {
  const written = passRequest(request, settings);
  const value = receiptFor(written, { sealed: null, settings, requestId: undefined, key: null });
  return { ...written, headers: { ...written.headers, [receiptHeader]: [{ key: receiptHeader, value }] } };
}

/** Without incoming receipts, and without the key that only the function and the origin may know. */
function withoutReceipt(request: CloudFrontRequest, { receiptKeyHeader }: EdgeSettings): CloudFrontRequest {
  const spoofed: string[] = [];
  for (const name in request.headers) if (isReceiptHeader(name.toLowerCase())) spoofed.push(name);
  const keyed = receiptKeyHeader !== null && request.origin !== undefined;
  if (spoofed.length === 0 && !keyed) return request;
  const written: CloudFrontRequest = { ...request, headers: without(request.headers, spoofed) };
  if (keyed) {
    const { custom, s3 } = request.origin!;
    const hide = <T extends { customHeaders: CloudFrontHeaders }>(origin: T): T => ({
      ...origin,
      customHeaders: without(origin.customHeaders, [receiptKeyHeader]),
    });
    written.origin = custom !== undefined ? { custom: hide(custom) } : { s3: hide(s3!) };
  }
  return written;
}

function without(headers: CloudFrontHeaders, names: readonly string[]): CloudFrontHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}

function withLines(headers: CloudFrontHeaders, lines: readonly SealedLine[]): CloudFrontHeaders {
  const edited = new Map<string, (CloudFrontHeaders[string][number] | null)[]>();
  for (const { header, index, text } of lines) {
    const values = edited.get(header) ?? [...headers[header]!];
    values[index] = text === null ? null : { ...values[index], value: text };
    edited.set(header, values);
  }
  const written: CloudFrontHeaders = { ...headers };
  for (const [header, values] of edited) {
    written[header] = values.filter((line) => line !== null);
    if (written[header].length === 0) delete written[header];
  }
  return written;
}

function hashPayload({ headers, body, method }: CloudFrontRequest, bytes: Uint8Array, settings: EdgeSettings): void {
  const { originPayloadHash: name } = settings;
  if (name === null || body === undefined || body.inputTruncated || bodilessMethods.includes(method)) return;
  headers[name] = [{ key: name, value: payloadHash(bytes) }];
}
