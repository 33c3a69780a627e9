// Erasing a person: each has a key of their own in the vault, and destroying it ends every copy of their values there.
import { createTokenizer, FieldsealError, type Tokenizer, type TokenVault } from "@fieldseal/tokenizer";
import type { Vault } from "@fieldseal/tokenizer/vault";

export interface CustomerTokens {
  readonly email: string;
  readonly birthday: string;
}

export interface Customers {
  /** Tokens for a customer's data, which the tables of the application keep. */
  protect(id: string, data: { readonly email: string; readonly birthday: string }): Promise<CustomerTokens>;
  /** The data, or null of a customer who was erased. */
  read(tokens: CustomerTokens): Promise<CustomerTokens | null>;
  /** Ends all tokens of a customer, in this and every other process; says how many. Backups age out by themselves. */
  erase(id: string): Promise<number>;
}

const tenant = "shop-7";

export function openCustomers(vault: Vault & TokenVault, secret: Uint8Array): Customers {
  const tokenizer: Tokenizer = createTokenizer({
    keys: { current: "1", versions: { 1: secret } },
    formats: {
      email: { type: "alphabet", engine: "vault", characters: "abcdefghijklmnopqrstuvwxyz0123456789.-_@" },
      birthday: { type: "date", engine: "vault", from: "1900-01-01", to: "2026-12-31" },
    },
    vault,
    // Two customers may share a birthday; equal tokens would tie it to the first one, who may be erased.
    vaultTokens: "random",
  });
  const formats = ["email", "birthday"].map((format) => ({ format, tenant }));
  return {
    protect: async (id, { email, birthday }) => {
      const requests = formats.map((one) => ({ ...one, subject: id }));
      const [first, second] = await tokenizer.tokenizeBatch([email, birthday], requests);
      return { email: first!.token, birthday: second!.token };
    },
    read: async (tokens) => {
      try {
        const [email, birthday] = await tokenizer.detokenizeBatch([tokens.email, tokens.birthday], formats);
        return { email: email!, birthday: birthday! };
      } catch (error) {
        if (error instanceof FieldsealError && error.code === "SUBJECT_ERASED") return null;
        throw error;
      }
    },
    erase: (id) => vault.eraseSubject(id, { tenant }),
  };
}
