// The origin's half: an Express app that takes nothing but what passed the edge. The guard stands before the JSON parser,
// so that it judges the bytes that came, and hands them on unread.
import { createOriginGuard, type GuardEvent } from "@fieldseal/edge-encrypt/guard";
import express, { type Express } from "express";
import { type EdgeKey, shopPolicy } from "./edge-handler.ts";

export interface GuardedShop {
  readonly keys: { readonly pii: EdgeKey; readonly pci: EdgeKey };
  /** Values of the header that CloudFront adds; two of them while one is replaced. */
  readonly secrets: readonly string[];
  readonly save: (customer: { readonly ssn: string }) => void;
  readonly onRefused: (event: GuardEvent) => void;
}

export function guardedShop({ keys, secrets, save, onRefused }: GuardedShop): Express {
  const app = express();
  app.disable("x-powered-by");
  app.use(createOriginGuard({ policy: shopPolicy(keys.pii, keys.pci), secrets, log: onRefused }));
  app.use(express.json());
  app.post("/v1/customers/:id", (request, response) => {
    // From here on, `ssn` is an envelope, whatever the client sent.
    save(request.body as { ssn: string });
    response.status(201).end();
  });
  return app;
}
