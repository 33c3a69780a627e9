// What the HTTP service is made of: parts, each with its routes. Pure: types.
import type { AuditSink } from "@fieldseal/core/audit";
import type { KeyCircuit } from "../../keys/provider.ts";
import type { Caller, HostBody } from "../host-reader.ts";

/** A JSON Schema, and its name among the components of the OpenAPI document. */
export interface NamedSchema {
  readonly name: string;
  readonly schema: object;
}

/** What the OpenAPI document says of an operation. */
interface RouteDescription {
  /** Of the request, such as `/v1/decrypt`; the method is POST. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  /** Of the answer. */
  readonly description: string;
  /** Statuses of refusals besides those that every operation has. */
  readonly refusals?: readonly string[];
}

/** An operation with JSON in both directions. */
export interface JsonRoute extends RouteDescription {
  readonly request: NamedSchema;
  readonly answer: NamedSchema;
  /** Answers a parsed request. */
  readonly json: (request: unknown, caller: Caller) => Promise<object>;
}

/** An operation on bodies of any media type, which comes back. */
export interface BodyRoute extends RouteDescription {
  readonly body: (body: HostBody, caller: Caller) => Promise<Uint8Array>;
}

export type ServiceRoute = JsonRoute | BodyRoute;

/** A part of the service: some routes, and how what is behind them is let go. */
export interface ServicePart {
  readonly routes: readonly ServiceRoute[];
  /** The ways to its keys, where they have circuit breakers. */
  circuits?(): readonly KeyCircuit[];
  close(): Promise<void> | void;
}

/** Makes a part; its events go to `audit` before its answers leave. */
export type CreatePart = (audit: AuditSink) => ServicePart;
