// E-mail addresses as people write them: RFC 5321's dot-string at a host name, in ASCII. Pure, linear in the input.

const maxLength = 254;
const maxLocalLength = 64;
const maxLabelLength = 63;

const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const label = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;
const topLevel = /^(?:[A-Za-z]{2,}|xn--[A-Za-z0-9-]*[A-Za-z0-9])$/i;

// None of these is a top-level domain: `logo@2x.png` names a file.
const fileExtensions: ReadonlySet<string> = new Set(
  "avif bmp css csv doc docx eot exe gif gz htm html ico jpeg jpg js json jsx log pdf png scss svg tar tif tiff ts tsx ttf txt wav webm webp woff xls xlsx xml yaml yml".split(
    " ",
  ),
);

/**
 * True when `text` is one e-mail address: a dot-string of at most 64 characters, `@`, and a host name of two or more labels that ends in a top-level domain.
 * Quoted local parts, comments, address literals and non-ASCII addresses are not recognised.
 *
 * @example
 * ```ts
 * import { isEmail } from "@fieldseal/core/identifiers";
 * const found: boolean = isEmail("ada.lovelace+news@example.co.uk");
 * ```
 */
export function isEmail(text: string): boolean {
  if (text.length > maxLength) return false;
  const at = text.indexOf("@");
  if (at < 1 || at > maxLocalLength || !localPart.test(text.slice(0, at))) return false;
  const labels = text.slice(at + 1).split(".");
  const last = labels[labels.length - 1]!;
  if (labels.length < 2 || !topLevel.test(last) || fileExtensions.has(last.toLowerCase())) return false;
  return labels.every((part) => part.length <= maxLabelLength && label.test(part));
}
