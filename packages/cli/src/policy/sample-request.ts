// A recorded request: a CloudFront event, or a document that says the same in short. Pure.
import { type Place, readArray, readEntries, readObject, readString, wrong } from "@fieldseal/core/config";

/** What a request was besides its body. */
export interface SampleRequest {
  readonly method: string;
  readonly path: string;
  /** Null where only method and path are known. */
  readonly head: RequestHead | null;
}

export interface RequestHead {
  readonly querystring: string;
  /** Values of each line, by the lower-case name. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

export interface RecordedRequest {
  readonly request: SampleRequest;
  readonly contentType: string | null;
  /** Null where the document has none: it may stand in a file of its own. */
  readonly body: Uint8Array | null;
}

/**
 * Reads `{ method, path, contentType, querystring, headers, body }`; all may be left out.
 *
 * @throws {FieldsealError} `CONFIG_INVALID`.
 */
export function readRequestDocument(
  value: unknown,
): Omit<RecordedRequest, "request"> & { request: SampleRequest | null } {
  const names = ["method", "path", "contentType", "querystring", "headers", "body"] as const;
  const document = readObject({ value, pointer: "", code: "CONFIG_INVALID" }, names);
  const text = (name: (typeof names)[number]): string | null => {
    const place = document.optional(name);
    return place === undefined ? null : readString(place);
  };
  const [method, path, querystring, body] = [text("method") ?? "POST", text("path"), text("querystring"), text("body")];
  const headers = readHeaders(document.optional("headers"));
  const hasHead = querystring !== null || headers.size > 0;
  const head = hasHead ? { querystring: querystring ?? "", headers } : null;
  return {
    request: path === null ? null : { method, path, head },
    contentType: text("contentType") ?? headers.get("content-type")?.[0] ?? null,
    body: body === null ? null : Buffer.from(body),
  };
}

/**
 * The requests of a CloudFront event for a Lambda function (viewer or origin request); null for any other document.
 *
 * @throws {FieldsealError} `CONFIG_INVALID` for an event that is broken.
 */
export function readEvent(value: unknown): RecordedRequest[] | null {
  const records = (value as { readonly Records?: unknown } | null)?.Records;
  if (!Array.isArray(records)) return null;
  const requests = records.map((record) => (record as { cf?: { request?: unknown } } | null)?.cf?.request);
  if (requests.length === 0 || requests.includes(undefined)) return null;
  return requests.map((request, index) => {
    return readEventRequest({ value: request, pointer: `/Records/${index}/cf/request`, code: "CONFIG_INVALID" });
  });
}

function readEventRequest(place: Place): RecordedRequest {
  const members = new Map(readEntries(place));
  const text = (name: string): string => {
    const member = members.get(name);
    if (member === undefined) throw wrong(place, `expects a "${name}"`);
    return readString(member);
  };
  const headers = new Map(
    readEntries(members.get("headers") ?? place).flatMap(([name, lines]) => {
      if (!members.has("headers")) return [];
      const values = readArray(lines).map((line) => readString(new Map(readEntries(line)).get("value") ?? line));
      return [[name.toLowerCase(), values] as const];
    }),
  );
  const body = members.has("body") ? new Map(readEntries(members.get("body")!)) : null;
  const data = body?.get("data");
  const encoding = body?.get("encoding")?.value === "text" ? "utf8" : "base64";
  return {
    request: { method: text("method"), path: text("uri"), head: { querystring: text("querystring"), headers } },
    contentType: headers.get("content-type")?.[0] ?? null,
    body: data === undefined ? null : Buffer.from(readString(data), encoding),
  };
}

function readHeaders(place: Place | undefined): Map<string, readonly string[]> {
  if (place === undefined) return new Map();
  return new Map(
    readEntries(place).map(([name, lines]) => {
      const values = Array.isArray(lines.value)
        ? readArray(lines).map((line) => readString(line))
        : [readString(lines)];
      return [name.toLowerCase(), values] as const;
    }),
  );
}
