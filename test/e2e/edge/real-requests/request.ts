// How the requests of this folder are written down: by client, path, headers and body; `{{ }}` marks what is sealed. Pure.

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** One character for each byte. */
  readonly body?: string;
  /** Code of a refusal. */
  readonly code?: string;
}
export type Request = readonly [client: string, path: string, sent: Sent];

/** The UTF-8 of a text, one character for each byte. */
export const utf8 = (text: string): string => Buffer.from(text).toString("latin1");
export const bytes = "\xff\xd8\xff\x00\x80";
export const typed =
  (type: string) =>
  (client: string, path: string, body: string, code?: string): Request => [
    client,
    path,
    { headers: { "content-type": type }, body, ...(code !== undefined && { code }) },
  ];
export const json = typed("application/json");
export const form = typed("application/x-www-form-urlencoded");
export const soap = typed("text/xml; charset=utf-8");
export const get = (client: string, path: string, code?: string, headers = {}): Request => [
  client,
  path,
  { method: "GET", headers, ...(code !== undefined && { code }) },
];
/** Parts are header lines, an empty line, and a value; `\n` stands for CRLF in the headers. */
export function multipart(
  client: string,
  boundary: string,
  parts: readonly (readonly [string, string])[],
  code?: string,
): Request {
  const type = boundary.startsWith("multipart/") ? boundary : `multipart/form-data; boundary=${boundary}`;
  const delimiter = `--${/boundary="?([^";]+)/.exec(type)![1]}`;
  const text = parts.map(([head, value]) => `${delimiter}\r\n${head.replaceAll("\n", "\r\n")}\r\n\r\n${value}\r\n`);
  return typed(type)(client, "/any/1", `${text.join("")}${delimiter}--\r\n`, code);
}
export const named = (name: string): string => `Content-Disposition: form-data; name="${name}"`;
