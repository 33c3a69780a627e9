// One record with its six sensitive fields in the grammar of each codec.
import { Buffer } from "node:buffer";
import { documentOf, sensitive } from "./documents.ts";
import type { Json } from "./records.ts";

export interface BodyOfCodec {
  readonly codec: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
  /** Selector of a sensitive path in this grammar. */
  readonly select: (path: string) => string;
}

const boundary = "----bench7MA4YWxkTrZu0gW";

/** The bodies of all codecs that the product may have. */
export function bodiesOfCodecs(): BodyOfCodec[] {
  const { bytes } = documentOf(1);
  const record = JSON.parse(bytes.toString()) as Json;
  const pairs = leavesOf(record, []);
  const tree = (path: string): string => `$.${path}`;
  const flat = (path: string): string => `$.${path.replaceAll(".", "_")}`;
  return [
    { codec: "json", mediaType: "application/json", bytes, select: tree },
    {
      codec: "form",
      mediaType: "application/x-www-form-urlencoded",
      bytes: Buffer.from(new URLSearchParams(pairs).toString()),
      select: flat,
    },
    {
      codec: "ndjson",
      mediaType: "application/x-ndjson",
      bytes: Buffer.concat([bytes, Buffer.from("\n")]),
      select: tree,
    },
    {
      codec: "multipart",
      mediaType: `multipart/form-data; boundary=${boundary}`,
      bytes: Buffer.from(`${pairs.map(partOf).join("")}--${boundary}--\r\n`),
      select: flat,
    },
    {
      codec: "xml",
      mediaType: "application/xml",
      bytes: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${elementOf("customer", record)}`),
      select: (path) => `$.customer.${path}`,
    },
  ];
}

/** Selectors of the six fields in a body. */
export function rulesOf({ select }: BodyOfCodec, nameOf: (path: string) => string): { name: string; select: string }[] {
  return sensitive.map((path) => ({ name: nameOf(path), select: select(path) }));
}

function leavesOf(value: unknown, path: readonly string[]): [string, string][] {
  if (typeof value !== "object" || value === null) return [[path.join("_"), String(value)]];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...path, name]));
}

function partOf([name, value]: readonly [string, string]): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}

function elementOf(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((inner) => elementOf(name, inner)).join("");
  const content =
    typeof value === "object" && value !== null
      ? Object.entries(value)
          .map(([inner, of]) => elementOf(inner, of))
          .join("")
      : String(value).replaceAll("&", "&amp;");
  return `<${name}>${content}</${name}>`;
}
