// For tests of codecs: scans a body with the real matcher and shows what its selectors select.
import { isUtf8 } from "node:buffer";
import {
  type Codec,
  codecFor,
  defaultLimits,
  type Limits,
  parseMediaType,
  type Scan,
  scanBody,
} from "../../packages/core/src/body/index.ts";
import { createMatcher } from "../../packages/core/src/policy/matcher.ts";
import { parseSelector } from "../../packages/core/src/policy/selector.ts";

export interface Body {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

export function codecOf(mediaType: string): Codec {
  return codecFor(parseMediaType(mediaType))!;
}

/** The scan of a body under selectors, each a rule whose path is traced. */
export function scanSelected(body: Body, selectors: readonly string[], limits: Partial<Limits> = {}): Scan {
  const rules = selectors.map((text) => ({ query: parseSelector(text), traced: true }));
  const root = createMatcher({ rules, onNameVariant: "refuse", checkShapes: true });
  return scanBody(codecOf(body.mediaType), {
    bytes: body.bytes,
    mediaType: parseMediaType(body.mediaType),
    root,
    limits: { ...defaultLimits, ...limits },
    isUtf8,
  });
}

/** The spelled values that one selector selects, in order. */
export function selected(body: Body, selector: string): string[] {
  return scanSelected(body, [selector])
    .matches.filter(({ state }) => state.selects.length > 0)
    .map(({ start, end }) => textOf(body.bytes.subarray(start, end)));
}

/** The code with which a body is refused; null where it is not. */
export function refusalOf(body: Body, selectors: readonly string[] = [], limits: Partial<Limits> = {}): string | null {
  try {
    scanSelected(body, selectors, limits);
    return null;
  } catch (error) {
    return (error as { code?: string }).code ?? `${error}`;
  }
}
