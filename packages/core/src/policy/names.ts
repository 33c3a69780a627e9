// Names that a policy gives. Pure.
import type { StringSyntax } from "../config/index.ts";

/** A rule's name, and so the `field` of its envelopes; names of detector findings begin with `detect-`. */
export const fieldNameSyntax: StringSyntax = {
  pattern: /^(?!detect-)[A-Za-z0-9_-]{1,64}$/,
  says: "1 to 64 of A-Z, a-z, 0-9, - and _, not beginning with detect-",
};

/** A key id. */
export const kidSyntax: StringSyntax = {
  pattern: /^[A-Za-z0-9_-]{1,64}$/,
  says: "1 to 64 of A-Z, a-z, 0-9, - and _",
};

/** The name of a header or a cookie. */
export const tokenSyntax: StringSyntax = {
  pattern: /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/,
  says: "a token (RFC 9110 section 5.6.2)",
};
