import { createRequire } from "node:module";
import { beforeAll, describe, expect, it } from "vitest";
import { filesBelow, readText } from "../repo/workspace.ts";
import { expectFieldKeyPolicy, type Statement } from "./field-key-policy.ts";

// Its declarations would bring those of the browser into every test.
const { parse } = createRequire(import.meta.url)("@cdktf/hcl2json") as {
  readonly parse: (file: string, text: string) => Promise<unknown>;
};

type Block = Readonly<Record<string, unknown>>;
// Blocks by kind, type and name; what HCL allows to be repeated is a list.
const blocks = new Map<string, Block>();

beforeAll(async () => {
  for (const file of filesBelow("examples/terraform")) {
    const parsed = (await parse(file, readText(file))) as Record<string, Record<string, Record<string, Block[]>>>;
    for (const kind of ["resource", "data"]) {
      for (const [type, named] of Object.entries(parsed[kind] ?? {})) {
        for (const [name, [block]] of Object.entries(named)) blocks.set(`${kind}.${type}.${name}`, block!);
      }
    }
  }
});

const resource = (address: string): Block => blocks.get(`resource.${address}`)!;
/** A reference, as Terraform writes it. */
const ref = (expression: string): string => `\${${expression}}`;
const only = (block: Block, name: string): Block => (block[name] as [Block])[0];

function statementsOf(document: string): Statement[] {
  const { statement } = blocks.get(`data.aws_iam_policy_document.${document}`) as { statement: Block[] };
  return statement.map((one) => ({
    sid: one.sid as string,
    effect: (one.effect ?? "Allow") as "Allow",
    principals: ((one.principals ?? []) as { identifiers: string[] }[]).flatMap(({ identifiers }) => identifiers),
    actions: one.actions as string[],
    conditions: Object.fromEntries(
      ((one.condition ?? []) as { test: string; variable: string; values: string[] }[]).map(
        ({ test, variable, values }) => [`${test} ${variable}`, values],
      ),
    ),
  }));
}

describe("examples/terraform", () => {
  it("refuses syntax errors, so that this test reads what Terraform reads", async () => {
    await expect(parse("a.tf", 'resource "a" {')).rejects.toThrow();
  });

  it("lets only the decrypt function's role decrypt", () => {
    expectFieldKeyPolicy(statementsOf("field_key"), {
      decryptRole: ref("aws_iam_role.decrypt.arn"),
      deployRole: ref("var.deploy_role_arn"),
      organization: ref("var.organization_id"),
    });
    expect(resource("aws_kms_key.field_key")).toMatchObject({
      customer_master_key_spec: "RSA_2048",
      key_usage: "ENCRYPT_DECRYPT",
      policy: ref("data.aws_iam_policy_document.field_key.json"),
      lifecycle: [{ prevent_destroy: true }],
    });
  });

  it("gives no other right to KMS: the key's policy alone decides", () => {
    const others = [...blocks].filter(([address]) => !/field_key$/.test(address));
    expect(others.length).toBeGreaterThan(10);
    expect(JSON.stringify(others)).not.toMatch(/kms:/);
  });

  it("publishes a numbered version in us-east-1 of what Lambda@Edge takes, and keeps it when destroyed", () => {
    const edge = resource("aws_lambda_function.edge");
    expect(edge).toMatchObject({
      provider: ref("aws.us_east_1"),
      runtime: "nodejs24.x",
      handler: "index.handler",
      architectures: ["x86_64"],
      publish: true,
      skip_destroy: true,
    });
    expect(Object.keys(edge)).not.toEqual(
      expect.arrayContaining([
        expect.stringMatching(/environment|layers|vpc_config|tracing_config|dead_letter_config/),
      ]),
    );
    const [trust] = statementsOf("edge_trust");
    expect(trust!.principals).toEqual(["lambda.amazonaws.com", "edgelambda.amazonaws.com"]);
  });

  it("sends every request with its body through that version, and admits https and all methods", () => {
    const distribution = resource("aws_cloudfront_distribution.shop");
    expect(distribution).not.toHaveProperty("ordered_cache_behavior");
    const behavior = only(distribution, "default_cache_behavior");
    expect(behavior).toMatchObject({
      viewer_protocol_policy: "https-only",
      allowed_methods: ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
      lambda_function_association: [
        {
          event_type: "origin-request",
          include_body: true,
          lambda_arn: ref("aws_lambda_function.edge.qualified_arn"),
        },
      ],
    });
    expect(behavior).not.toHaveProperty("grpc_config");
    expect(only(distribution, "viewer_certificate")).toMatchObject({ minimum_protocol_version: "TLSv1.2_2021" });
    expect(only(only(distribution, "origin"), "custom_origin_config")).toMatchObject({
      origin_protocol_policy: "https-only",
      origin_ssl_protocols: ["TLSv1.2"],
    });
    expect(only(distribution, "origin").custom_header).toEqual([
      { name: "x-fieldseal-secret", value: ref("var.origin_secret") },
    ]);
  });

  it("alarms on throttles, errors, failing edges and envelopes that do not open, from logs kept for a year", () => {
    const alarms = [...blocks].filter(([address]) => address.includes("aws_cloudwatch_metric_alarm"));
    expect(alarms.map(([, { namespace, metric_name }]) => `${namespace} ${metric_name}`).sort()).toEqual([
      "AWS/CloudFront 5xxErrorRate",
      `AWS/Lambda ${ref("each.key")}`,
      "Fieldseal DecryptionFailed",
    ]);
    expect(alarms.map(([, { alarm_actions: actions }]) => actions)).toEqual([
      [ref("var.alarm_topics.decrypt")],
      [ref("var.alarm_topics.decrypt")],
      [ref("var.alarm_topics.edge")],
    ]);
    expect(resource("aws_cloudwatch_metric_alarm.decrypt").for_each).toBe(ref('toset(["Throttles", "Errors"])'));
    expect(resource("aws_cloudwatch_log_metric_filter.decryption_failed")).toMatchObject({
      pattern: '"DECRYPTION_FAILED"',
      metric_transformation: [{ namespace: "Fieldseal", name: "DecryptionFailed" }],
    });
    expect(resource("aws_cloudwatch_log_group.decrypt").retention_in_days).toBe(365);
  });
});
