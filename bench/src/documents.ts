// The documents that are measured: customer records of about 960 bytes with six sensitive fields each.
import { Buffer } from "node:buffer";

/** Selectors of the six sensitive fields, below a record. */
export const sensitive: readonly string[] = [
  "person.ssn",
  "person.email",
  "person.phone",
  "person.dateOfBirth",
  "payment.card.number",
  "payment.card.cvv",
];

export interface BenchDocument {
  readonly name: string;
  readonly bytes: Buffer;
  readonly records: number;
  /** JSONPath of a record. */
  readonly root: string;
}

/** One record, or a list of them. */
export function documentOf(records: number): BenchDocument {
  const value = records === 1 ? recordOf(0) : { items: Array.from({ length: records }, (_, index) => recordOf(index)) };
  const bytes = Buffer.from(JSON.stringify(value));
  const size = bytes.length < 1e6 ? `${Math.round(bytes.length / 1000)} KB` : `${(bytes.length / 1e6).toFixed(1)} MB`;
  return { name: size, bytes, records, root: records === 1 ? "$" : "$.items[*]" };
}

/** 1 KB, 10 KB, 100 KB and 1 MB. */
export const documents: readonly BenchDocument[] = [1, 11, 110, 1090].map(documentOf);

function recordOf(index: number): unknown {
  return {
    id: `cus_01J${100_000_000 + index}`,
    createdAt: "2026-01-02T03:04:05.678Z",
    status: "active",
    person: {
      firstName: "Augusta Ada",
      lastName: "Lovelace-Byron",
      ssn: "078-05-1120",
      email: "augusta.lovelace@example.org",
      phone: "+1 555 010 9999",
      dateOfBirth: "1990-05-05",
    },
    address: { street: "12 Saint James's Square, Flat 4", city: "London", postcode: "SW1Y 4LE", country: "GB" },
    payment: {
      currency: "GBP",
      amount: 1234.5,
      reference: "INV-2026-000123456",
      card: { number: "4111111111111111", holder: "AUGUSTA ADA LOVELACE", expiry: "12/29", cvv: "123" },
    },
    preferences: { newsletter: true, language: "en-GB", tags: ["analytics", "engine", "subscriber"] },
    note: "Deliver on weekdays only, between nine and eleven in the morning, at the rear entrance of the building.",
    history: [
      { at: "2026-01-02T03:04:05Z", event: "created" },
      { at: "2026-01-03T10:11:12Z", event: "updated" },
    ],
    userAgent: "Mozilla/5.0 (X11; Linux x86_64)",
  };
}
