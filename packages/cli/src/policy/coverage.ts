// What the rules of a policy cover in recorded bodies and requests, and what looks sensitive and is not covered. Reports
// hold names and counts, never a value.
import { isUtf8 } from "node:buffer";
import {
  type Codec,
  type MatchState,
  type MediaType,
  parseMediaType,
  queryString,
  scanBody,
} from "@fieldseal/core/body";
import { utf8Bytes } from "@fieldseal/core/bytes";
import { FieldsealError } from "@fieldseal/core/errors";
import {
  type FieldRule,
  matchRoute,
  type NamedRule,
  type Policy,
  type Route,
  routeReads,
} from "@fieldseal/core/policy";
import { walkLimits } from "../walk.ts";
import { type Coverage, createTally, type SampleProblem, type Tally } from "./coverage-tally.ts";
import { cookiesOf, headersOf, type NamedText } from "./named-texts.ts";
import { type ByteSpan, openValues } from "./open-values.ts";
import { refusalOf } from "./refusal-of.ts";
import type { Sample } from "./sample-file.ts";
import type { RequestHead } from "./sample-request.ts";

/** Holds a policy against samples. */
export async function coverageOf(policy: Policy, samples: readonly Sample[]): Promise<Coverage> {
  const tally = createTally(policy);
  for (const sample of samples) {
    try {
      const routes = routesOf(policy, sample);
      if (routes.length === 0) tally.problem(unrouted(sample));
      if (sample.body !== null) {
        const { body } = sample;
        const covered = routes.flatMap((route) =>
          selectedSpans(body, tally, { rules: route.fields, root: route.matcher }),
        );
        for (const value of openValues(body, covered)) tally.open(sample.name, "body", value);
      }
      if (sample.request?.head != null)
        for (const route of routes) readHead(sample.name, sample.request.head, route, tally);
      const refusal = await refusalOf(policy, sample);
      if (refusal !== null) tally.problem({ sample: sample.name, ...refusal });
    } catch (error) {
      if (!(error instanceof FieldsealError)) throw error;
      tally.problem({ sample: sample.name, code: error.code, ...hintOf(sample, error) });
    }
  }
  return tally.coverage();
}

/** Of a request no route has the path; of a body alone, none can apply all its selectors to the media type. */
function unrouted({ name: sample, request, body }: Sample): SampleProblem {
  if (request !== null || body === null) return { sample, code: "ROUTE_UNMATCHED" };
  const hint = "no route reads its media type: a selector of each goes where such a body has nothing";
  return { sample, code: "MEDIA_TYPE_MISMATCH", hint };
}

/** A recorded form often has one byte more than the form that was sent. */
function hintOf({ body }: Sample, { code, offset }: FieldsealError): { offset: number | undefined; hint?: string } {
  const isForm = code === "FORM_NOT_PLAUSIBLE" && body?.bytes.at(-1) === 0x0a;
  return { offset, ...(isForm ? { hint: "a form ends without a line feed: the file has one" } : {}) };
}

/** The routes that a sample can be on. */
function routesOf(policy: Policy, { request, body }: Sample): Route[] {
  if (request !== null) {
    const match = matchRoute(policy, request.method, request.path);
    return match.kind === "route" ? [match.route] : [];
  }
  return body === null ? [] : policy.routes.filter((route) => routeReads(route, body.mediaType, body.codec));
}

const queryType: MediaType = parseMediaType("application/x-www-form-urlencoded");

function readHead(sample: string, { querystring, headers }: RequestHead, route: Route, tally: Tally): void {
  const query = { bytes: utf8Bytes(querystring), codec: queryString, mediaType: queryType };
  const covered = selectedSpans(query, tally, { rules: route.query, root: route.queryMatcher });
  for (const value of openValues(query, covered)) tally.open(sample, "query", value);
  readNamed(sample, "header", { texts: headersOf(headers), rules: route.headers }, tally);
  readNamed(sample, "cookie", { texts: cookiesOf(headers), rules: route.cookies }, tally);
}

function readNamed(
  sample: string,
  place: "header" | "cookie",
  { texts, rules }: { readonly texts: readonly NamedText[]; readonly rules: readonly NamedRule[] },
  tally: Tally,
): void {
  for (const rule of rules) tally.count(rule, texts.filter(({ name }) => name === rule.of).length);
  const taken = new Set(rules.map(({ of }) => of));
  for (const { name, text } of texts) {
    if (!taken.has(name)) tally.open(sample, place, { path: [name], within: null, text });
  }
}

/** The spans that rules select; each rule is told how many. */
function selectedSpans(
  { bytes, mediaType, codec }: { readonly bytes: Uint8Array; readonly mediaType: MediaType; readonly codec: Codec },
  tally: Tally,
  { rules, root }: { readonly rules: readonly FieldRule[]; readonly root: MatchState },
): ByteSpan[] {
  const values = new Map(rules.map((rule) => [rule, 0]));
  const spans: ByteSpan[] = [];
  for (const { state, start, end } of scanBody(codec, { bytes, mediaType, root, limits: walkLimits, isUtf8 }).matches) {
    for (const index of state.selects) {
      const rule = rules[index];
      if (rule === undefined) continue;
      values.set(rule, values.get(rule)! + 1);
      spans.push({ start, end });
    }
  }
  for (const [rule, found] of values) tally.count(rule, found);
  return spans;
}
