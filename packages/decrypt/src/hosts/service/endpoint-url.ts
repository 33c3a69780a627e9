// Endpoints of AWS services in a configuration; whether they are safe is asked of each client. Pure.
import type { StringSyntax } from "@fieldseal/core/config";

export const endpointUrl: StringSyntax = { pattern: /^https?:\/\/[!-~]{1,2000}$/, says: "a URL" };
