import { describe, expect, it } from "vitest";
import { createPostgresStore } from "./index.ts";

describe("a table name", () => {
  it.each(["", "a-b", 'a"b', "a.b.c", "A", "x".repeat(64)])("%j is refused", (table) => {
    const client = { query: () => Promise.reject(new Error("no query may be sent")) };
    expect(() => createPostgresStore({ client, table })).toThrow(
      expect.objectContaining({ code: "VAULT_INPUT_INVALID" }) as Error,
    );
  });
});
