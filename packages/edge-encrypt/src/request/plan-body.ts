// One body, read and searched: the pipeline up to the fields that rules select.
import { type Codec, codecFor, type MediaType, parseMediaType, type Scan, scanBody } from "@fieldseal/core/body";
import { FieldsealError } from "@fieldseal/core/errors";
import { type Policy, type Route, routeReads } from "@fieldseal/core/policy";
import type { RequestFacts } from "../context.ts";
import { withFilterMatches } from "../filter-matches.ts";
import { sealPrimitives } from "../primitives.ts";
import { refusal } from "../refusal.ts";
import { refuseForeignEnvelopes } from "../refuse-foreign-envelopes.ts";
import { requireValues } from "../require-values.ts";
import { type SelectedField, selectFields } from "../select-fields.ts";
import { type CoveredMethods, overridesInBody, refuseOverrides } from "./method-override.ts";

/** Where a body stands in its policy. */
export interface RoutedBody {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly method: string;
  readonly policy: Policy;
  readonly route: Route;
  readonly facts: RequestFacts;
  readonly coveredMethods: CoveredMethods;
}

/** A body that was read, and what the rules do with it. */
export interface BodyPlan {
  readonly bytes: Uint8Array;
  readonly codec: Codec;
  /** What no value of the body may hold, where there is such a thing. */
  readonly delimiter?: string | undefined;
  readonly fields: readonly SelectedField[];
  /** What the selectors of the route's context lead to. */
  readonly scanForContext: () => Scan;
}

const methodsThatCarryAValue = ["POST", "PUT", "PATCH"];
const otherTypes = { hint: "see mediaTypes, or put a route without rules before" };

/**
 * Reads a body whose route is known and selects its fields; null where no rule is for its bytes.
 *
 * @throws {FieldsealError} those of `encryptBody`.
 */
export function planBody({ bytes, mediaType, method, policy, route, coveredMethods }: RoutedBody): BodyPlan | null {
  if (bytes.length === 0) {
    refuseEmptyBody(method, route);
    return null;
  }
  if (!readsBody({ route, coveredMethods, mediaType })) return null;
  const { codec, parsed } = readerOf(mediaType, route);
  const { matcher: root, limits } = route;
  const input = { bytes, mediaType: parsed, root, limits, isUtf8: sealPrimitives.isUtf8 };
  const scan = withFilterMatches(scanBody(codec, input), input, codec, route);
  refuseOverrides(coveredMethods, () => overridesInBody(bytes, { codec, parsed, route }));
  const fields = selectFields(scan, route, codec);
  requireValues(scan, route.fields, codec);
  refuseForeignEnvelopes({ bytes, scan, codec, policy, route, fields });
  const scanForContext = (): Scan => scanBody(codec, { ...input, root: route.contextMatcher });
  return { bytes, codec, delimiter: codec.delimiter?.(parsed), fields, scanForContext };
}

/**
 * True where some rule is about the body, or a method override can stand in it.
 *
 * @throws {FieldsealError} `MEDIA_TYPE_MISSING`, `MEDIA_TYPE_MISMATCH`, `CHARSET_UNSUPPORTED`.
 */
export function readsBody({
  route: { fields, context, mediaTypes },
  coveredMethods,
  mediaType,
}: Pick<RoutedBody, "route" | "coveredMethods" | "mediaType">): boolean {
  if (fields.length > 0 || mediaTypes !== null || context.some(({ from }) => from === "select")) return true;
  return coveredMethods !== null && codecFor(parseMediaType(mediaType))?.shape === "names";
}

/**
 * The codec of a body on a route.
 *
 * @throws {FieldsealError} `MEDIA_TYPE_UNSUPPORTED`, `MEDIA_TYPE_MISMATCH`, `MEDIA_TYPE_MISSING`, `CHARSET_UNSUPPORTED`.
 */
export function readerOf(mediaType: string, route: Route): { readonly codec: Codec; readonly parsed: MediaType } {
  const parsed = parseMediaType(mediaType);
  const codec = codecFor(parsed);
  if (codec === null) {
    throw new FieldsealError("MEDIA_TYPE_UNSUPPORTED", "there is no codec for the body's media type", otherTypes);
  }
  if (!routeReads(route, parsed, codec)) {
    throw new FieldsealError(
      "MEDIA_TYPE_MISMATCH",
      "the route's rules cannot be applied to the body's media type",
      otherTypes,
    );
  }
  return { codec, parsed };
}

function refuseEmptyBody(method: string, route: Route): void {
  const required = route.fields.find((rule) => rule.required);
  if (required !== undefined && methodsThatCarryAValue.includes(method)) {
    throw refusal("FIELD_REQUIRED_MISSING", "a required field is missing: the body is empty", required);
  }
}
