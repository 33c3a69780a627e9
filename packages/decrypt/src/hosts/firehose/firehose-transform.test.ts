import { expect, it } from "vitest";
import { privateKeys } from "../../../../../test/fixtures/sealing-policy.ts";
import { customer, places, sealed } from "../../../../../test/fixtures/shop.ts";
import { pemKeys } from "../../keys/pem.ts";
import { createFirehoseTransform, type FirehoseOptions } from "./index.ts";

const pem = privateKeys.get("pii-1")!.export({ format: "pem", type: "pkcs8" }) as string;
const options = (more: Partial<FirehoseOptions> = {}): FirehoseOptions => ({
  keys: pemKeys({ "pii-1": pem }),
  access: { rules: [{ principal: "role:lake", fields: { "*": "full" } }] },
  expect: places,
  caller: { principal: "role:lake" },
  ...more,
});
const good = Buffer.from(`${Buffer.from(await sealed(customer)).toString()}\n`).toString("base64");
const bad = Buffer.from("{").toString("base64");
const records = [good, bad, good].map((data, index) => ({ recordId: `id-${index}`, data }));

it("answers for every record once, in order, with the bytes as the client sent them", async () => {
  const answer = await createFirehoseTransform(options())({ invocationId: "i", records });
  const opened = Buffer.from(`${JSON.stringify(customer)}\n`).toString("base64");
  expect(answer.records).toEqual([
    { recordId: "id-0", result: "Ok", data: opened },
    { recordId: "id-1", result: "ProcessingFailed", data: bad },
    { recordId: "id-2", result: "Ok", data: opened },
  ]);
});

it("drops records that do not open only where asked to", async () => {
  const { records: results } = await createFirehoseTransform(options({ onRecordError: "drop" }))({
    invocationId: "i",
    records,
  });
  expect(results.map(({ result }) => result)).toEqual(["Ok", "Dropped", "Ok"]);
});

it("fails as a whole where a record would open later, so that nothing is lost to the error output", async () => {
  const audit = { accept: () => Promise.reject(new Error("full")) };
  const transform = createFirehoseTransform(options({ audit }));
  await expect(transform({ invocationId: "i", records })).rejects.toMatchObject({
    code: "AUDIT_UNAVAILABLE",
    retryable: true,
  });
});

it("hands a record to the error output that has more fields than a rate ever allows, and opens its neighbours", async () => {
  const { ssn } = JSON.parse(Buffer.from(await sealed({ ssn: "1" })).toString()) as { ssn: string };
  const of = (count: number): string => Buffer.from(JSON.stringify({ ssn: Array(count).fill(ssn) })).toString("base64");
  const transform = createFirehoseTransform(
    options({ expect: { ssn: "$.ssn[*]" }, rateLimit: { burst: 5, perSecond: 1 } }),
  );
  const { records: results } = await transform({
    invocationId: "i",
    records: [2, 6, 3].map((count) => ({ recordId: `${count}`, data: of(count) })),
  });
  expect(results.map(({ result }) => result)).toEqual(["Ok", "ProcessingFailed", "Ok"]);
});

it("opens nothing once it was closed, and says nothing of the records", async () => {
  const transform = createFirehoseTransform(options());
  await transform({ invocationId: "i", records });
  await transform.close();
  await expect(transform({ invocationId: "i", records })).rejects.toMatchObject({ code: "DECRYPTOR_CLOSED" });
});

it("is not made without a caller", () => {
  const nobody = { ...options(), caller: undefined } as unknown as FirehoseOptions;
  expect(() => createFirehoseTransform(nobody)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});

it("is not made without expect or access", () => {
  for (const name of ["expect", "access"]) {
    expect(() => createFirehoseTransform({ ...options(), [name]: undefined })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  }
});

it.each<[string, unknown]>([
  ["nothing", undefined],
  ["null", null],
  ["an event without records", { invocationId: "i" }],
  ["null for records", { invocationId: "i", records: null }],
  ["null for a record", { invocationId: "i", records: [null] }],
  ["a record without an id, which no answer could name", { invocationId: "i", records: [{ data: good }] }],
])("refuses %s by name", async (_, event) => {
  const transform = createFirehoseTransform(options());
  await expect(transform(event as never)).rejects.toMatchObject({ code: "REQUEST_INVALID" });
});

it("hands a record to the error output whose data is no base64, which would come out empty, and opens its neighbours", async () => {
  const odd = ["%%%", `${good}!`, 5, null, undefined].map((data, index) => ({ recordId: `odd-${index}`, data }));
  const mixed = [records[0]!, ...odd, records[2]!] as typeof records;
  const { records: results } = await createFirehoseTransform(options())({ invocationId: "i", records: mixed });
  expect(results.map(({ result }) => result)).toEqual(["Ok", ...odd.map(() => "ProcessingFailed"), "Ok"]);
});
