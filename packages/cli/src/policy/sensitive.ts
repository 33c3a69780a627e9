// What looks sensitive: by name, and by value through the identifiers of core. Values never leave this file. Pure.
import { isEmail, isIban, isPan, isUsSsn } from "@fieldseal/core/identifiers";

// Names without case and separators.
const names: ReadonlySet<string> = new Set(
  `accesstoken accountnumber apikey bankaccount birthdate birthday cardholder cardnumber ccnumber clientsecret
  creditcard creditcardnumber cvc cvv dateofbirth diagnosis dob driverlicense driverslicense email emailaddress
  firstname fullname healthinsurance healthinsurancenumber homeaddress iban income insurancenumber ipaddress itin
  lastname latitude longitude medicalrecordnumber mobile mobilephone mrn nationalid nationalinsurancenumber pan
  passport passportnumber password phone phonenumber pin postaladdress prescription privatekey refreshtoken
  routingnumber salary secret sin socialinsurancenumber socialsecuritynumber sortcode ssn streetaddress taxid
  taxnumber telephone tin track1 track2 trackdata vatnumber`.split(/\s+/),
);

// Sensitive authentication data (PCI DSS 3.3): not to be kept after authorization, not even encrypted.
const authenticationNames: ReadonlySet<string> = new Set(
  `cardverificationcode cav cav2 cid csc cvc cvc2 cvv cvv2 magneticstripe magstripe pin pinblock pincode
  securitycode track1 track1data track2 track2data trackdata`.split(/\s+/),
);

const kinds: readonly (readonly [string, (text: string) => boolean])[] = [
  ["pan", isPan],
  ["iban", isIban],
  ["us-ssn", (text) => /\D/.test(text) && isUsSsn(text)],
  ["email", isEmail],
];

/** The kind of identifier that a text is; null where it is none. Nine bare digits are no evidence of an SSN. */
export function identifierKind(text: string): string | null {
  return kinds.find(([, is]) => is(text))?.[0] ?? null;
}

/** True where values of that name are sensitive as a rule, as its last words say: `homePhone`, `billing_email`. */
export function isSensitiveName(name: string): boolean {
  return endings(name).some((ending) => names.has(ending));
}

/** True for names of card verification codes, PINs and track data, as its last words say. */
export function isAuthenticationName(name: string): boolean {
  // A correlation or customer id is a `cid`, too.
  return endings(name).some((ending, index) => authenticationNames.has(ending) && (index === 0 || ending !== "cid"));
}

/** The name without case and separators, then without its first word, its first two, and so on; at most eight. */
function endings(name: string): string[] {
  const words = name.split(/(?<=[a-z0-9])(?=[A-Z])|[\s._-]+/u).slice(-8);
  return [fold(name), ...words.map((_, index) => fold(words.slice(index).join("")))];
}

/** `name` where it may be shown: a plain identifier, or `@` and one, that is no value, nor has one as a part; else `*`. */
export function showableName(name: string): string {
  const parts = [name, ...name.split(/[_-]/), ...name.split(/\D+/)];
  const holdsValue = parts.some((part) => identifierKind(part) !== null);
  return /^@?[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name) && !holdsValue ? name : "*";
}

function fold(name: string): string {
  return name
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\s._-]+/g, "");
}
