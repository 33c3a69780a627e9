// A parsed policy: what the edge seals, and what the reader expects where. Types only.
import type { Limits, MatchState } from "../body/index.ts";
import type { Alg } from "../envelope/index.ts";
import type { PathPattern } from "./path-pattern.ts";
import type { PublicKey } from "./public-key.ts";
import type { Query } from "./selector.ts";

declare const policyBrand: unique symbol;

/** A policy that `parsePolicy` has accepted; made only there. */
export type Policy = PolicyContent & { readonly [policyBrand]: true };

export interface PolicyContent {
  readonly id: string;
  /** base64url of the SHA-256 of the document's canonical JSON (RFC 8785), `$schema` left out. */
  readonly digest: string;
  readonly keys: ReadonlyMap<string, RingKey>;
  readonly routes: readonly Route[];
  /** Every prefix and suffix pair of the direct format, written or read. */
  readonly directPairs: readonly Pick<DirectPair, "prefix" | "suffix">[];
  /** What happens to a request that no route covers. */
  readonly onUnmatched: "forward" | "reject";
  /** What a path does that lenient servers read differently; `ignore`: routes are chosen by the path as spelled. */
  readonly onAmbiguousPath: "refuse" | "ignore";
  /** What happens to a body, or an override, with a method that no route of its path lists. */
  readonly onUncoveredMethod: "refuse" | "forward";
}

/** One key of the ring. */
export interface RingKey {
  readonly kid: string;
  readonly alg: Alg;
  readonly publicKey: PublicKey;
  /** Key ARN of the private half, where KMS holds it. */
  readonly kms: string | undefined;
  /** `sha256:` and 64 hexadecimal digits, of the SubjectPublicKeyInfo. */
  readonly fingerprint: string | undefined;
  /** The edge refuses to seal with a `decrypt-only` key. */
  readonly status: "active" | "decrypt-only";
  /** Read-only prefix and suffix pairs of values that were written in the `direct` format. */
  readonly direct: readonly DirectPair[];
  /** Bounds within which a data key serves several requests; undefined: none does. */
  readonly reuse: DataKeyReuse | undefined;
}

/** How long a data key may be reused, and only for requests of one context. */
export interface DataKeyReuse {
  /** Seconds of wall clock. */
  readonly maxAge: number;
  readonly maxMessages: number;
  readonly maxBytes: number;
}

export interface DirectPair {
  readonly prefix: string;
  readonly suffix: string;
  readonly fields: readonly string[];
}

/** One method and path match, and its rules. */
export interface Route {
  /** Null: every method. */
  readonly methods: ReadonlySet<string> | null;
  readonly path: PathPattern;
  readonly context: readonly ContextSource[];
  readonly fields: readonly FieldRule[];
  readonly query: readonly FieldRule[];
  readonly headers: readonly NamedRule[];
  readonly cookies: readonly NamedRule[];
  /** Null: every media type whose codec can address all selectors, text/plain excepted. */
  readonly mediaTypes: ReadonlySet<string> | null;
  readonly limits: RouteLimits;
  readonly onForeignEnvelope: "reject" | "encrypt" | "allow";
  readonly onNameVariant: "refuse" | "select" | "ignore";
  readonly onShapeMismatch: "refuse" | "ignore";
  /** What a parameter of the query does that has the name of a body rule. */
  readonly onFieldInQuery: "refuse" | "ignore";
  /** What a content coding does: `open` forwards the body without it. */
  readonly onCompressed: "refuse" | "open";
  /** All selectors of `fields` as one automaton. */
  readonly matcher: MatchState;
  /** All selectors of `context` as another: theirs must change nothing of what the rules' lead to. */
  readonly contextMatcher: MatchState;
  /** All selectors of `query` as one automaton. */
  readonly queryMatcher: MatchState;
  /** By `nameKeys`, what selectors of one name (`$.x`, `$..x`) look for in the body and no rule in the query. */
  readonly bodyNames: ReadonlyMap<string, FieldRule>;
}

export interface RouteLimits extends Limits {
  /** Most bytes of a compressed body after decoding. Over it: `BODY_TOO_LARGE`. */
  readonly maxDecodedBytes: number;
}

/** Where the value of a context key comes from. */
export type ContextSource =
  | { readonly key: string; readonly from: "constant"; readonly value: string }
  | { readonly key: string; readonly from: "header"; readonly header: string }
  | { readonly key: string; readonly from: "pathParam"; readonly name: string }
  | { readonly key: string; readonly from: "select"; readonly query: Query };

/** A rule for values of the body or of the query. */
export interface FieldRule {
  readonly name: string;
  readonly query: Query;
  /** The selector goes on in the JSON of strings that it comes to. */
  readonly within: boolean;
  readonly action: Action;
  readonly required: boolean;
  /** JSON Pointer of the rule in the policy. */
  readonly pointer: string;
}

/** A rule for a request header or a cookie. */
export interface NamedRule {
  readonly name: string;
  /** Header name in lower case, or cookie name. */
  readonly of: string;
  readonly action: Action;
  readonly required: boolean;
  readonly pointer: string;
}

export type Action =
  | EncryptAction
  | { readonly kind: "remove" }
  | { readonly kind: "mask"; readonly keepLast: number }
  | { readonly kind: "round"; readonly decimals: number }
  | { readonly kind: "tokenize"; readonly tokenFormat: string };

export interface EncryptAction {
  readonly kind: "encrypt";
  readonly key: RingKey;
  readonly format: EncryptFormat;
  /** Native plaintext is padded to a multiple of this many bytes; 1 = not at all. */
  readonly pad: number;
  /** `field` gives each value a data key of its own, so that values cannot be linked by it. */
  readonly dataKey: "request" | "field";
  /** Keys of the route's context that the values are bound to; null: all. Rules of one name agree. */
  readonly context: readonly string[] | null;
}

export type EncryptFormat =
  | { readonly name: "native" }
  | { readonly name: "jwe" }
  | {
      readonly name: "direct";
      readonly prefix: string;
      readonly suffix: string;
      /** What happens to a value that is too long for one RSA operation. */
      readonly onTooLong: "refuse" | "native";
    };
