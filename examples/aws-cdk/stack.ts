// Everything of one deployment: key, edge function, distribution, decrypt function, alarms.
import { Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { addAlarms } from "./alarms.ts";
import { decryptFunction } from "./decrypt-function.ts";
import { distribution, edgeFunction } from "./edge.ts";
import { fieldKey } from "./field-key.ts";

export interface FieldsealProps extends StackProps {
  /** Only principals of this organization may decrypt, whatever else is allowed. */
  readonly organizationId: string;
  /** Name of the role that runs `fieldseal pull-key` and `bundle --verify-kms`. */
  readonly deployRole: string;
  readonly originDomain: string;
  /** The one tenant that this decrypt function serves; its envelopes are bound to it. */
  readonly tenant: string;
  /** What `fieldseal bundle` wrote. */
  readonly edgeZip: string;
  /** The bundled decrypt-handler.ts, as index.mjs, and policy.json. */
  readonly decryptFolder: string;
}

export class FieldsealStack extends Stack {
  constructor(scope: Construct, id: string, props: FieldsealProps) {
    super(scope, id, props);
    const { organizationId, deployRole, originDomain, tenant, edgeZip, decryptFolder } = props;
    const decrypt = decryptFunction(this, { folder: decryptFolder, tenant });
    fieldKey(this, { decryptRole: decrypt.role, deployRole, organizationId });
    const edge = edgeFunction(this, edgeZip);
    addAlarms(this, {
      decrypt: decrypt.function,
      logs: decrypt.logs,
      distribution: distribution(this, edge, originDomain),
    });
  }
}
