// Endpoints of AWS services in a configuration: TLS, or this machine. Pure.
import { isSafeEndpoint, type Place, readString, wrong } from "@fieldseal/core/config";

/** @throws {FieldsealError} with the place's code for another scheme, and for `http:` away from this machine. */
export function readEndpoint(place: Place): string {
  const text = readString(place);
  if (!URL.canParse(text) || !isSafeEndpoint(new URL(text))) {
    throw wrong(place, "expects an https: URL; http: is for the loopback interface only");
  }
  return text;
}
