// A policy as it is written down: the JSON that `parsePolicy` reads and schemas/policy.schema.json describes. Types.

export interface PolicyDocument {
  readonly $schema?: string;
  readonly version: 1;
  readonly id: string;
  readonly keys: Readonly<Record<string, KeyDocument>>;
  readonly routes: readonly RouteDocument[];
  readonly onUnmatched?: "forward" | "reject";
  readonly onAmbiguousPath?: "refuse" | "ignore";
  readonly onUncoveredMethod?: "refuse" | "forward";
}

export interface KeyDocument {
  readonly alg: "RSA-OAEP-256" | "DHKEM-P256";
  readonly publicKey: string;
  readonly kms?: string;
  readonly fingerprint?: string;
  readonly status?: "active" | "decrypt-only";
  readonly reuse?: { readonly maxAge: number; readonly maxMessages?: number; readonly maxBytes?: number };
  readonly direct?: readonly { readonly prefix: string; readonly suffix: string; readonly fields: readonly string[] }[];
}

export interface RouteDocument {
  readonly methods?: readonly string[];
  readonly path: string;
  readonly context?: Readonly<Record<string, ContextDocument>>;
  readonly fields?: readonly ({ readonly select: string; readonly within?: "json" } & RuleDocument)[];
  readonly query?: readonly ({ readonly select: string } & RuleDocument)[];
  readonly headers?: readonly ({ readonly header: string } & RuleDocument)[];
  readonly cookies?: readonly ({ readonly cookie: string } & RuleDocument)[];
  readonly mediaTypes?: readonly string[];
  readonly limits?: {
    readonly maxFields?: number;
    readonly maxDepth?: number;
    readonly maxOutputBytes?: number;
    readonly maxDecodedBytes?: number;
  };
  readonly onForeignEnvelope?: "reject" | "encrypt" | "allow";
  readonly onNameVariant?: "refuse" | "select" | "ignore";
  readonly onShapeMismatch?: "refuse" | "ignore";
  readonly onFieldInQuery?: "refuse" | "ignore";
  readonly onCompressed?: "refuse" | "open";
}

export type ContextDocument =
  | string
  | { readonly header: string }
  | { readonly pathParam: string }
  | { readonly select: string };

export type RuleDocument = { readonly name: string; readonly required?: boolean } & ActionDocument;

export type ActionDocument =
  | {
      readonly action: "encrypt";
      readonly key: string;
      readonly format?: "native" | "direct" | "jwe";
      readonly pad?: number;
      readonly prefix?: string;
      readonly suffix?: string;
      readonly onTooLong?: "refuse" | "native";
      readonly dataKey?: "request" | "field";
      readonly context?: readonly string[];
    }
  | { readonly action: "remove" }
  | { readonly action: "mask"; readonly keepLast: number }
  | { readonly action: "round"; readonly decimals: number }
  | { readonly action: "tokenize"; readonly tokenFormat: string };
