// The few XML documents of S3: writing answers, reading the parts of CompleteMultipartUpload. Pure.
import type { NamedPart } from "./buckets.ts";
import { S3Error } from "./s3-error.ts";

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

/** Elements and their content, in order; a list repeats its element. */
export type Content = readonly (readonly [name: string, content: string | number | Content])[];

/** One document with `root` around `content`. */
export function xmlDocument(root: string, content: Content): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${namespace}">${elements(content)}</${root}>`;
}

function elements(content: Content): string {
  return content
    .map(
      ([name, inside]) =>
        `<${name}>${typeof inside === "object" ? elements(inside) : escaped(String(inside))}</${name}>`,
    )
    .join("");
}

function escaped(text: string): string {
  return text.replace(/[&<>"\r]/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** The parts that CompleteMultipartUpload names. @throws S3Error MalformedXML */
export function readParts(text: string): NamedPart[] {
  const parts = Array.from(text.matchAll(/<Part>(.*?)<\/Part>/gs), ([, inside]) => {
    const number = /<PartNumber>(\d+)<\/PartNumber>/.exec(inside!)?.[1];
    const etag = /<ETag>(.*?)<\/ETag>/s.exec(inside!)?.[1];
    if (number === undefined || etag === undefined) throw new S3Error("MalformedXML");
    return { number: Number(number), etag: etag.replaceAll("&quot;", '"').replaceAll("&#34;", '"') };
  });
  if (parts.length === 0) throw new S3Error("MalformedXML");
  return parts;
}
