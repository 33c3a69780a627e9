import { describe, expect, it } from "vitest";
import { identifierKind, isAuthenticationName, isSensitiveName, showableName } from "./sensitive.ts";

describe("names", () => {
  it.each([
    "ssn",
    "Social_Security-Number",
    "cardNumber",
    "E-Mail",
    "date.of.birth",
    "IBAN",
    "homePhone",
    "billing_email",
  ])("%s looks sensitive", (name) => {
    expect(isSensitiveName(name)).toBe(true);
  });
  it.each(["id", "colour", "created", "spinner", "companion", "emailSent", "pageToken"])("%s does not", (name) => {
    expect(isSensitiveName(name)).toBe(false);
  });
  it.each(["cvv", "CVV2", "pin-block", "Track2", "cardCvv", "cid"])("of authentication data: %s", (name) => {
    expect(isAuthenticationName(name)).toBe(true);
  });
  it("of other ids are not of authentication data: customerCid", () => {
    expect(isAuthenticationName("customerCid")).toBe(false);
  });
  it("are shown where they are plain identifiers and no values", () => {
    const shown = ["name", "x-1", "ada@example.com", "4111111111111111", "GB82WEST12345698765432", "a b"].map(
      showableName,
    );
    expect(shown).toEqual(["name", "x-1", "*", "*", "*", "*"]);
  });
});

describe("identifierKind", () => {
  it.each([
    ["4111 1111 1111 1111", "pan"],
    ["GB82 WEST 1234 5698 7654 32", "iban"],
    ["536-90-4399", "us-ssn"],
    ["ada@example.com", "email"],
    ["536904399", null],
    ["4111111111111112", null],
    ["hello", null],
  ])("of %s is %s", (text, kind) => {
    expect(identifierKind(text)).toBe(kind);
  });
});
