// What stands in the selected places of a request at the origin: each must be an envelope of the rule's key and field.
// Structure only: no private key is near, and nothing is opened.
import { type Codec, codecAt, createScan, queryString, type Scan, scanBody } from "@fieldseal/core/body";
import { utf8Bytes, utf8Text } from "@fieldseal/core/bytes";
import { type SealedValue as FoundValue, findSealed } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { EncryptAction, FieldRule, NamedRule, Policy, Route } from "@fieldseal/core/policy";
import { withFilterMatches } from "../filter-matches.ts";
import { sealPrimitives } from "../primitives.ts";
import { refusal } from "../refusal.ts";
import { refuseDoubtful, rulesOf } from "../refuse-doubtful.ts";
import type { MessageHead } from "../request/message-head.ts";
import { type CoveredMethods, overridesInBody, refuseOverrides } from "../request/method-override.ts";
import { selectNamedValues } from "../request/named-values.ts";
import { type BodyPlan, readerOf } from "../request/plan-body.ts";
import { planQuery } from "../request/query.ts";
import type { SelectedField } from "../select-fields.ts";

/** An envelope that stands where it should. */
export interface SealedValue {
  readonly field: string;
  readonly action: EncryptAction;
  readonly kid: string;
  /** The wrapped data key, where values of a request share it: the receipt leaves out those of single values. */
  readonly wrapped: Uint8Array | null;
}

/** The values of a request that rules seal, and the body they were found in. */
export interface SealedValues {
  readonly values: readonly SealedValue[];
  readonly body: BodyPlan;
}

/**
 * Reads a request that the edge is said to have sealed.
 *
 * @throws {FieldsealError} `FIELD_NOT_SEALED`, `FIELD_NAME_VARIANT`, `FIELD_SHAPE_MISMATCH`, `FIELD_IN_QUERY` and what a
 * codec refuses.
 */
export function readSealedValues(
  route: Route,
  {
    policy,
    head,
    bytes,
    mediaType,
    coveredMethods,
  }: {
    readonly policy: Policy;
    readonly head: MessageHead;
    readonly bytes: Uint8Array;
    readonly mediaType: string;
    readonly coveredMethods: CoveredMethods;
  },
): SealedValues {
  const body = readBody(route, { bytes, mediaType, coveredMethods });
  const values: SealedValue[] = [];
  const take = (rule: FieldRule | NamedRule, text: string | null, offset: number): void => {
    if (rule.action.kind === "encrypt") values.push(asSealed(rule, rule.action, { text, offset }));
    else if (rule.action.kind === "remove") throw notSealed("a field that the edge removes is there", rule, offset);
  };
  for (const { rule, match } of body.fields) {
    take(rule, codecAt(body.codec, match).decodeValue(bytes.subarray(match.start, match.end)), match.start);
  }
  // Envelopes are what is looked for here.
  const open: Route = { ...route, onForeignEnvelope: "allow" };
  const query = planQuery(head.query, open, { policy, path: head.uri, isAsked: false });
  for (const { rule, match } of query.fields) {
    take(rule, queryString.decodeValue(query.bytes.subarray(match.start, match.end)), match.start);
  }
  for (const line of selectNamedValues(head.headers, open, policy)) {
    for (const { rule, match } of line.fields) {
      const text = utf8Text(line.bytes.subarray(match.start, match.end));
      for (const one of line.header === "cookie" ? [text] : joinedLines(text, rule)) take(rule, one, match.start);
    }
  }
  return { values, body };
}

/** Gateways join the lines of a header: each was sealed for itself (RFC 9110 section 5.3). */
function joinedLines(text: string, { name, action }: FieldRule | NamedRule): string[] {
  if (action.kind !== "encrypt" || sealedIn(text, name, action) !== null) return [text];
  return text.split(",").map((line) => line.trim());
}

function readBody(
  route: Route,
  {
    bytes,
    mediaType,
    coveredMethods,
  }: { readonly bytes: Uint8Array; readonly mediaType: string; readonly coveredMethods: CoveredMethods },
): BodyPlan {
  if (bytes.length === 0) return { bytes, codec: queryString, fields: [], scanForContext: createScan };
  const { codec, parsed } = readerOf(mediaType, route);
  const { matcher: root, limits } = route;
  const input = { bytes, mediaType: parsed, root, limits, isUtf8: sealPrimitives.isUtf8 };
  const scan = withFilterMatches(scanBody(codec, input), input, codec, route);
  refuseOverrides(coveredMethods, () => overridesInBody(bytes, { codec, parsed, route }));
  const scanForContext = (): Scan => scanBody(codec, { ...input, root: route.contextMatcher });
  return { bytes, codec, fields: fieldsOf(scan, route, { bytes, codec }), scanForContext };
}

/** What the edge left in each selected place: it seals over what other rules did there, and removes rather than seals. */
function fieldsOf(
  { matches }: Scan,
  route: Route,
  { bytes, codec }: { readonly bytes: Uint8Array; readonly codec: Codec },
): SelectedField[] {
  const fields: SelectedField[] = [];
  let sealedTo = 0;
  for (const match of matches) {
    // What other selectors would find in an envelope that stands for all of a value.
    if (match.start < sealedTo) continue;
    const rules = rulesOf(route, match.state.selects);
    const rule = ruleOf(rules, "remove") ?? ruleOf(rules, "encrypt") ?? rules[0];
    if (rule === undefined) {
      refuseDoubtful(match, route, codec);
      continue;
    }
    if (rule.action.kind === "encrypt") sealedTo = match.end;
    // What is left of a removed element of an array.
    const isRest = rule.action.kind === "remove" && utf8Text(bytes.subarray(match.start, match.end)) === "null";
    if (!isRest) fields.push({ rule, match, inner: [] });
  }
  return fields;
}

function ruleOf(rules: readonly FieldRule[], kind: FieldRule["action"]["kind"]): FieldRule | undefined {
  return rules.find(({ action }) => action.kind === kind);
}

function asSealed(
  rule: FieldRule | NamedRule,
  action: EncryptAction,
  { text, offset }: { readonly text: string | null; readonly offset: number },
): SealedValue {
  const { key } = action;
  const sealed = text === null ? null : sealedIn(text, rule.name, action);
  const fits =
    sealed?.alg === key.alg &&
    sealed.kid === key.kid &&
    sealed.fields.includes(rule.name) &&
    sealed.wrapped.length === key.publicKey.wrappedLength;
  if (sealed === null || !fits) {
    throw notSealed("a selected field is no envelope of its rule's key and name", rule, offset);
  }
  const isShared = action.dataKey === "request" && sealed.holds === "data-key";
  return { field: rule.name, action, kid: key.kid, wrapped: isShared ? sealed.wrapped : null };
}

/** The sealed value that is the whole of a text, in the format of the rule or as an envelope. */
function sealedIn(text: string, field: string, { key, format }: EncryptAction): FoundValue | null {
  const bytes = utf8Bytes(text);
  const { kid } = key;
  const direct =
    format.name === "direct" ? [{ kid, prefix: format.prefix, suffix: format.suffix, fields: [field] }] : [];
  try {
    const [found] = findSealed(bytes, { hasKid: (other) => other === kid, direct, cloudfrontNative: [] });
    return found !== undefined && found.start === 0 && found.end === bytes.length ? found.value : null;
  } catch (error) {
    if (error instanceof FieldsealError) return null;
    throw error;
  }
}

function notSealed(message: string, rule: FieldRule | NamedRule, offset: number): FieldsealError {
  return refusal("FIELD_NOT_SEALED", message, rule, offset);
}
