// What stands in the selected places of a request at the origin: each must be an envelope of the rule's key and field.
// Structure only: no private key is near, and nothing is opened.
import { codecAt, createScan, type Match, queryString, scanBody } from "@fieldseal/core/body";
import { utf8Bytes, utf8Text } from "@fieldseal/core/bytes";
import { type SealedValue as FoundValue, findSealed } from "@fieldseal/core/envelope";
import { FieldsealError } from "@fieldseal/core/errors";
import type { EncryptAction, FieldRule, NamedRule, Policy, Route } from "@fieldseal/core/policy";
import { sealPrimitives } from "../primitives.ts";
import { refusal } from "../refusal.ts";
import type { MessageHead } from "../request/message-limits.ts";
import { selectNamedValues } from "../request/named-values.ts";
import { type BodyPlan, readerOf } from "../request/plan-body.ts";
import { planQuery } from "../request/query.ts";
import type { SelectedField } from "../select-fields.ts";

/** An envelope that stands where it should. */
export interface SealedValue {
  readonly field: string;
  readonly kid: string;
  readonly wrapped: Uint8Array;
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
  }: {
    readonly policy: Policy;
    readonly head: MessageHead;
    readonly bytes: Uint8Array;
    readonly mediaType: string;
  },
): SealedValues {
  const body = readBody(route, bytes, mediaType);
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
  const query = planQuery(head.query, open, { policy, isAsked: false });
  for (const { rule, match } of query.fields) {
    take(rule, queryString.decodeValue(query.bytes.subarray(match.start, match.end)), match.start);
  }
  for (const line of selectNamedValues(head.headers, open, policy)) {
    for (const { rule, match } of line.fields) {
      take(rule, utf8Text(line.bytes.subarray(match.start, match.end)), match.start);
    }
  }
  return { values, body };
}

function readBody(route: Route, bytes: Uint8Array, mediaType: string): BodyPlan {
  const isRead = route.fields.length > 0 || route.context.some(({ from }) => from === "select");
  if (bytes.length === 0 || !isRead) return { bytes, codec: queryString, scan: createScan(), fields: [] };
  const { codec, parsed } = readerOf(mediaType, route);
  const { matcher: root, limits } = route;
  const scan = scanBody(codec, { bytes, mediaType: parsed, root, limits, isUtf8: sealPrimitives.isUtf8 });
  const fields: SelectedField[] = [];
  let outerEnd = -1;
  for (const match of scan.matches) {
    if (match.start < outerEnd) continue;
    const rule = route.fields[match.state.selects[0] ?? -1];
    if (rule === undefined) {
      refuseDoubtful(match, route, codec.shape === "tree");
      continue;
    }
    // What is left of a removed element of an array.
    const isRest = rule.action.kind === "remove" && utf8Text(bytes.subarray(match.start, match.end)) === "null";
    if (!isRest) fields.push({ rule, match, inner: [] });
    outerEnd = match.end;
  }
  return { bytes, codec, scan, fields };
}

function refuseDoubtful({ state, kind, start }: Match, route: Route, isTree: boolean): void {
  const variant = route.fields[state.variants[0] ?? -1];
  if (variant !== undefined) throw refusal("FIELD_NAME_VARIANT", "a name is a variant of a rule's", variant, start);
  if (!isTree) return;
  for (const mismatch of state.mismatches) {
    const rule = route.fields[mismatch.rule];
    if (rule !== undefined && (mismatch.kinds & kind) !== 0) {
      throw refusal("FIELD_SHAPE_MISMATCH", "a value has another shape than the rule's selector expects", rule, start);
    }
  }
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
  return { field: rule.name, kid: key.kid, wrapped: sealed.wrapped };
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
