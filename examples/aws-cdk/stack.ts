// Two stacks: the key, which lasts, and what uses it. The key comes first, since its public half goes into the policy.
import { Stack, type StackProps } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { addAlarms } from "./alarms.ts";
import { decryptFunction } from "./decrypt-function.ts";
import { type DistributionProps, distribution, edgeFunction } from "./edge.ts";
import { fieldKey } from "./field-key.ts";

export interface FieldKeyStackProps extends StackProps {
  /** Only principals of this organization may decrypt, whatever else is allowed. */
  readonly organizationId: string;
  /** Name of the role that runs `fieldseal pull-key` and `bundle --verify-kms`. */
  readonly deployRole: string;
}

export class FieldKeyStack extends Stack {
  readonly decryptRole: Role;

  constructor(scope: Construct, id: string, { organizationId, deployRole, ...props }: FieldKeyStackProps) {
    super(scope, id, props);
    this.decryptRole = new Role(this, "DecryptRole", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    fieldKey(this, { decryptRole: this.decryptRole, deployRole, organizationId });
  }
}

export interface FieldsealStackProps extends StackProps, DistributionProps {
  readonly decryptRole: Role;
  /** The one tenant that this decrypt function serves; its envelopes are bound to it. */
  readonly tenant: string;
  /** What `fieldseal bundle` wrote. */
  readonly edgeZip: string;
  /** The bundled decrypt-handler.ts, as index.mjs, and policy.json. */
  readonly decryptFolder: string;
  /** ARN of the SNS topic of those who answer alarms. */
  readonly alarmTopic: string;
}

export class FieldsealStack extends Stack {
  constructor(scope: Construct, id: string, { decryptRole, ...props }: FieldsealStackProps) {
    super(scope, id, props);
    const decrypt = decryptFunction(this, { folder: props.decryptFolder, tenant: props.tenant, role: decryptRole });
    const edge = edgeFunction(this, props.edgeZip);
    addAlarms(this, { ...decrypt, distribution: distribution(this, edge, props), alarmTopic: props.alarmTopic });
  }
}
