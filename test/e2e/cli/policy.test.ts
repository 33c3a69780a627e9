import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { originRequestEvent } from "@fieldseal/emulator";
import { beforeAll, describe, expect, it } from "vitest";
import { customersPolicy, fieldseal, keygen, newFolder, type Outcome, writeJson } from "./run.ts";

const canary = "canary@example.com";
let folder: string;
let policy: Record<string, unknown>;
const write = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);

interface Report {
  readonly rules: Record<string, unknown>[];
  readonly coverage: { rules: Record<string, unknown>[]; uncovered: { path: string; evidence: string }[] };
  readonly warnings: { kind: string; message: string; place?: { line: number; column: number } }[];
}
const reportOf = ({ stdout }: Outcome): Report => JSON.parse(stdout.toString()) as Report;

beforeAll(async () => {
  folder = newFolder();
  policy = customersPolicy(await keygen(folder, "pii-1"), "pii-1");
  writeJson(folder, "policy.json", policy);
  mkdirSync(path.join(folder, "samples"));
});

describe("policy check", () => {
  it("prints the rules as a table, and exits 0 without a warning", async () => {
    const { code, stdout, stderr } = await fieldseal(folder, ["policy", "check", "policy.json", "--strict"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "policy customers is valid\n" });
    const lines = stdout.toString().split("\n");
    expect(lines[0]).toBe("POST,PUT /v1/customers/**");
    expect(lines[1]).toMatch(/^ {2}IN +FIELD +SELECT +ACTION +REQUIRED$/);
    expect(lines[2]).toMatch(/^ {2}body +ssn +\$\.\.ssn +encrypt under pii-1 +no$/);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it.each([
    ["malformed JSON", '{\n  "version": 1,\n  oops\n}', "POLICY_INVALID", 3, 3],
    ["a repeated member", '{\n  "version": 1,\n  "version": 1\n}', "POLICY_INVALID", 3, 3],
    ["an unknown property", '{\n  "version": 1,\n\t"é": 1, "nope": 2\n}', "POLICY_INVALID", 3, 2],
    ["no property where one must be", "\n\n  {}", "POLICY_INVALID", 3, 3],
  ])("tells line and column of %s", async (_, text, code, line, column) => {
    write("bad.json", text);
    const outcome = await fieldseal(folder, ["policy", "check", "bad.json", "--json"]);
    expect(outcome.code).toBe(1);
    expect(JSON.parse(outcome.stderr)).toMatchObject({ error: { code, file: "bad.json", line, column } });
  });

  it("tells where a selector is wrong", async () => {
    write("bad.json", JSON.stringify(policy, null, 2).replace("$..ssn", "$..[ssn]"));
    const { stderr } = await fieldseal(folder, ["policy", "check", "bad.json"]);
    expect(stderr).toMatch(/^error\[SELECTOR_INVALID\]: bad\.json:\d+:\d+: \/routes\/0\/fields\/0\/select: /);
  });

  it("warns of unpinned keys, forwarded requests and authentication data, and fails on them under --strict", async () => {
    const { "pii-1": key } = policy.keys as Record<string, Record<string, string>>;
    const { fingerprint: _, ...unpinned } = key!;
    const risky = { ...policy, keys: { "pii-1": unpinned }, onUnmatched: "forward" };
    write("risky.json", JSON.stringify(risky, null, 2).replace('"name": "ssn"', '"name": "cvv"'));
    const lenient = await fieldseal(folder, ["policy", "check", "risky.json"]);
    expect(lenient.code).toBe(0);
    expect(lenient.stderr.match(/^warning: /gm)).toHaveLength(3);
    const strict = await fieldseal(folder, ["policy", "check", "risky.json", "--strict", "--json"]);
    expect(strict.code).toBe(1);
    expect(strict.stderr).toContain("POLICY_WARNED");
    const kinds = reportOf(strict).warnings.map(({ kind }) => kind);
    expect(kinds).toEqual(["fingerprint-absent", "authentication-data", "unmatched-forwarded"]);
  });
});

describe("policy check, of a path with the parameters of another router", () => {
  it.each([":id", "<id>", "[id]"])("warns that %s is literal text", async (segment) => {
    write("routers.json", JSON.stringify(policy).replace("/v1/customers/**", `/v1/${segment}/x:y/{id}`));
    const { warnings } = reportOf(await fieldseal(folder, ["policy", "check", "routers.json", "--json"]));
    expect(warnings).toMatchObject([{ kind: "segment-literal", hint: expect.stringContaining("{id}") }]);
  });
});

describe("policy check, of what a route cannot do", () => {
  type Document = { routes: Record<string, unknown>[]; keys: Record<string, unknown> } & Record<string, unknown>;
  const kindsOf = async (edit: (document: Document, route: Record<string, unknown>) => void): Promise<string[]> => {
    const document = structuredClone(policy) as Document;
    edit(document, document.routes[0]!);
    write("edited.json", JSON.stringify(document));
    return reportOf(await fieldseal(folder, ["policy", "check", "edited.json", "--json"])).warnings.map((w) => w.kind);
  };

  it.each([
    ["POTS", ["method-unknown"]],
    ["GET", ["body-never-seen"]],
    ["POST", []],
  ])("warns of the method %s", async (method, kinds) => {
    expect(await kindsOf((_, route) => Object.assign(route, { methods: [method] }))).toEqual(kinds);
  });

  it("warns of a route that an earlier one leaves nothing", async () => {
    const before = { path: "/v1/**", methods: ["POST", "PUT"] };
    expect(await kindsOf(({ routes }) => routes.unshift(before))).toEqual(["route-shadowed"]);
    expect(await kindsOf(({ routes }) => routes.unshift({ ...before, methods: ["POST"] }))).toEqual([]);
    expect(await kindsOf(({ routes }) => routes.push({ path: "/v1/**" }))).toEqual([]);
  });

  it.each([["text/json"], ["application/pdf"], ["application/x-www-form-urlencoded"]])(
    "warns that bodies of %s are refused",
    async (essence) => {
      const mediaTypes = ["application/json", essence];
      expect(await kindsOf((_, route) => Object.assign(route, { mediaTypes }))).toEqual(["media-type-refused"]);
    },
  );

  it("warns of context from a header that functions never see", async () => {
    const context = { tenant: { header: "X-Forwarded-Proto" }, shop: { header: "x-shop" } };
    expect(await kindsOf((_, route) => Object.assign(route, { context }))).toEqual(["context-never-there"]);
  });

  it("warns of two rules for the same values, and not of one field in two rules", async () => {
    const twin = { name: "tax-id", select: "$..['ssn']", action: "encrypt", key: "pii-1" };
    const add = (rule: object) => (_: Document, route: Record<string, unknown>) =>
      (route.fields as object[]).push(rule);
    expect(await kindsOf(add(twin))).toEqual(["rules-overlap"]);
    expect(await kindsOf(add({ ...twin, name: "ssn" }))).toEqual([]);
    expect(await kindsOf(add({ name: "tax-id", select: "$..ssn", action: "mask", keepLast: 4 }))).toEqual([]);
  });

  it("warns of what is removed by its place where the next value takes it, and not where null does", async () => {
    const rule = (select: string) => ({ name: "pin", select, action: "remove" });
    const route = (settings: object) => (_: Document, first: Record<string, unknown>) =>
      Object.assign(first, { mediaTypes: undefined, fields: [] }, settings);
    for (const select of ["$.pin[0]", "$.pin[-1]", "$.pin[0:1]", "$.pin[-2:]"]) {
      expect(await kindsOf(route({ fields: [rule(select)] }))).toEqual(["place-removed"]);
      expect(await kindsOf(route({ query: [rule(select)] }))).toEqual(["place-removed"]);
      const mediaTypes = ["application/json"];
      expect(await kindsOf(route({ mediaTypes, fields: [rule(select)] }))).toEqual([]);
    }
    for (const select of ["$.pin", "$.pin[*]", "$.pin[1:]"]) {
      expect(await kindsOf(route({ query: [rule(select)], fields: [rule(select)] }))).toEqual([]);
    }
  });

  it("warns of a mask over a string in whose JSON another rule looks", async () => {
    const inside = { name: "pin", select: "$.payload.pin", within: "json", action: "remove" };
    const over = (select: string, action: object) => (_: Document, route: Record<string, unknown>) =>
      Object.assign(route, { fields: [{ name: "p", select, ...action }, inside] });
    expect(await kindsOf(over("$.payload", { action: "mask", keepLast: 4 }))).toEqual(["json-masked"]);
    expect(await kindsOf(over("$.other", { action: "mask", keepLast: 4 }))).toEqual([]);
    expect(await kindsOf(over("$.payload", { action: "remove" }))).toEqual([]);
  });

  it.each([
    [{ onNameVariant: "ignore", onShapeMismatch: "ignore", onFieldInQuery: "ignore" }, {}],
    [{}, { onAmbiguousPath: "ignore", onUncoveredMethod: "forward" }],
  ])("warns of each setting that lets values pass in clear: %o %o", async (ofRoute, ofPolicy) => {
    const kinds = await kindsOf((document, route) => {
      Object.assign(document, ofPolicy);
      Object.assign(route, ofRoute);
    });
    const settings = [...Object.keys(ofRoute), ...Object.keys(ofPolicy)];
    expect(kinds).toEqual(settings.map(() => "setting-relaxed"));
  });

  it("warns of one key under two kids, and of tokens that no bundle can make", async () => {
    expect(await kindsOf(({ keys }) => Object.assign(keys, { "pci-1": keys["pii-1"] }))).toEqual(["key-repeated"]);
    const rule = { name: "loyalty", select: "$.loyalty", action: "tokenize", tokenFormat: "digits" };
    expect(await kindsOf((_, route) => (route.fields as object[]).push(rule))).toEqual(["tokenizer-needed"]);
  });
});

describe("policy check, of what does not parse", () => {
  it.each([
    ['"/v1/customers/**"', '"v1/customers"', "begin with /"],
    ['"$..ssn"', '"$.tax-id"', "$['tax-id']"],
  ])("says what to write in place of %s", async (good, bad, hint) => {
    write("bad.json", JSON.stringify(policy).replace(good, bad));
    const { code, stderr } = await fieldseal(folder, ["policy", "check", "bad.json", "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({ error: { hint: expect.stringContaining(hint) } });
  });
});

describe("policy check --samples", () => {
  let text: Outcome;
  let json: Outcome;
  beforeAll(async () => {
    const body = {
      ssn: "536-90-4399",
      contact: { email: canary, dob: "1990-01-01" },
      note: "4111111111111111",
      [canary]: "GB82WEST12345698765432",
      raw: '{"ssn":"536-90-4399"}',
      fine: "blue",
    };
    write("samples/one.json", JSON.stringify(body));
    write("samples/two.json", JSON.stringify({ ssn: null, contact: {} }));
    write("samples/three.form", "email=ada%40example.com&colour=blue");
    write("samples/four.json", '{"Ssn":"536-90-4399"}');
    write("samples/four.json.request.json", '{ "method": "POST", "path": "/v1/customers/4" }');
    write("samples/five.dat", "?");
    write("samples/six.json", JSON.stringify({ ssn: canary }));
    write("samples/six.json.request.json", `{ "contentType": "${canary}" }`);
    text = await fieldseal(folder, ["policy", "check", "policy.json", "--samples", "samples"]);
    json = await fieldseal(folder, ["policy", "check", "policy.json", "--samples", "samples", "--json"]);
  });

  it("says which rule matched how many, and which matched nothing", () => {
    expect(reportOf(json).coverage.rules).toMatchObject([
      { field: "ssn", samples: 3, matched: 2, values: 2 },
      { field: "card-number", samples: 3, matched: 0, values: 0 },
    ]);
    expect(text.code).toBe(0);
    expect(text.stdout.toString()).toMatch(/^ {2}body +card-number .* matched 0 of 3/m);
    expect(
      text.stdout
        .toString()
        .split("\n")
        .filter((line) => line.length > 80),
    ).toEqual([]);
    expect(text.stderr).toMatch(/^warning: policy\.json:\d+:\d+: the rule "card-number" matched 0 of 3 samples$/m);
  });

  it("leaves out what it cannot read, and says why", () => {
    expect(text.stderr).toMatch(/^warning: five\.dat was left out: of unknown media type\nhint: /m);
    expect(text.stderr).toMatch(/^warning: six\.json was left out: its content type is not one\nhint: /m);
  });

  it("says which sensitive-looking fields no rule covers, by name and by identifier", () => {
    const found = reportOf(json).coverage.uncovered.map(({ path: where, evidence }) => [where, evidence]);
    expect(found).toEqual([
      ["$.Ssn", "us-ssn"],
      ["$.contact.email", "email"],
      ["$.contact.dob", "name"],
      ["$.note", "pan"],
      ["$.*", "iban"],
      ["$.email", "email"],
    ]);
  });

  it("says which samples the edge would refuse, which are none, and which strings hold covered names", () => {
    const messages = reportOf(json).warnings.map(({ kind, message }) => `${kind}: ${message}`);
    expect(messages).toContainEqual(
      expect.stringMatching(/^sample-refused: .*four\.json .*FIELD_NAME_VARIANT \(field ssn, at byte 7\)$/),
    );
    expect(messages).toContainEqual(expect.stringMatching(/^sample-refused: .*three\.form .*MEDIA_TYPE_MISMATCH$/));
    expect(messages).toContainEqual(expect.stringMatching(/^sample-unread: five\.dat /));
    expect(messages).toContainEqual(expect.stringMatching(/^json-in-string: \$\.raw .*"ssn"$/));
  });

  it("shows no value, and no member name that is one", () => {
    for (const { stdout, stderr } of [text, json]) {
      for (const value of [canary, "536-90-4399", "4111111111111111", "GB82WEST", "1990-01-01", "blue"]) {
        expect(stdout + stderr).not.toContain(value);
      }
    }
  });

  it("fails on warnings under --strict, and on a folder that is not there", async () => {
    const strict = await fieldseal(folder, ["policy", "check", "policy.json", "--samples", "samples", "--strict"]);
    expect([strict.code, /^error\[POLICY_WARNED\]/m.test(strict.stderr)]).toEqual([1, true]);
    const nowhere = await fieldseal(folder, ["policy", "check", "policy.json", "--samples", "nowhere"]);
    expect([nowhere.code, /^error\[FILE_UNREADABLE\]/m.test(nowhere.stderr)]).toEqual([1, true]);
  });
});

describe("policy check --samples, of what says little", () => {
  const check = (samples: string): Promise<Outcome> =>
    fieldseal(folder, ["policy", "check", "policy.json", "--samples", samples, "--json"]);

  it("says that a folder is empty, and no more", async () => {
    mkdirSync(path.join(folder, "nothing"));
    expect(reportOf(await check("nothing")).warnings.map(({ kind }) => kind)).toEqual(["samples-absent"]);
  });

  it("names attributes of XML, tells a form's final line feed, and how a file of another type is read", async () => {
    mkdirSync(path.join(folder, "odd"));
    write("odd/a.xml", '<order><card number="4111111111111111"/></order>');
    write("odd/b.form", "ssn=1\n");
    write("odd/c.multipart", "--x--");
    const report = reportOf(await check("odd"));
    expect(report.coverage.uncovered).toMatchObject([{ path: "$.order.card['@number']", evidence: "pan" }]);
    const hints = report.warnings.flatMap(({ kind, ...rest }) =>
      "hint" in rest ? `${kind}: ${String(rest.hint)}` : [],
    );
    expect(hints).toContainEqual(expect.stringMatching(/^sample-refused: a form ends without a line feed/));
    expect(hints).toContainEqual(expect.stringMatching(/^sample-unread: c\.multipart\.request\.json beside it/));
  });

  it("shows a route without rules, and warns of a policy without any", async () => {
    const { routes: _, ...rest } = policy;
    writeJson(folder, "bare.json", { ...rest, routes: [{ path: "/v1/**" }] });
    const outcome = await fieldseal(folder, ["policy", "check", "bare.json"]);
    expect(outcome.stdout.toString()).toBe("* /v1/**\n  no rule\n");
    expect(outcome.stderr).toMatch(/^warning: bare\.json:\d+:\d+: the policy has no rule: it protects nothing$/m);
  });

  it("says what to do about a key that is not the pinned one", async () => {
    write("bad.json", JSON.stringify(policy).replace(/sha256:[0-9a-f]{8}/, "sha256:00000000"));
    const { stderr } = await fieldseal(folder, ["policy", "check", "bad.json"]);
    expect(stderr).toMatch(/^error\[FINGERPRINT_MISMATCH\]: bad\.json:.*\nhint: find out who replaced the key/);
  });

  it("has a hint for a name that is misspelt", async () => {
    write("bad.json", JSON.stringify(policy).replace('"select"', '"selekt"'));
    const { stderr } = await fieldseal(folder, ["policy", "check", "bad.json"]);
    expect(stderr).toMatch(/\nhint: did you mean "select"\?$/m);
  });
});

describe("policy check --samples of requests", () => {
  const seal = { action: "encrypt", key: "pii-1" };
  let text: Outcome;
  let json: Outcome;
  beforeAll(async () => {
    const { routes, ...rest } = policy as { routes: Record<string, unknown>[] };
    const route = {
      ...routes[0],
      methods: ["GET", "POST", "PUT"],
      query: [
        { name: "mail", select: "$.mail", ...seal },
        { name: "unused", select: "$.unused", ...seal },
      ],
      headers: [{ name: "phone", header: "X-Phone", ...seal }],
      cookies: [{ name: "sid", cookie: "session", ...seal }],
    };
    writeJson(folder, "places.json", { ...rest, routes: [route] });
    mkdirSync(path.join(folder, "requests"));
    const headers = {
      "content-type": "application/json",
      "x-tenant-id": "acme",
      "x-phone": "020 7946 0958",
      "x-email": canary,
      [`x-${"4111111111111111"}`]: canary,
      cookie: `theme=dark; session=1; mail=${encodeURIComponent(canary)}`,
    };
    const querystring = `mail=${encodeURIComponent(canary)}&mail=2&iban=GB82WEST12345698765432`;
    const raw = JSON.stringify({ ssn: "536-90-4399", dob: "1990-01-01" });
    const event = originRequestEvent({ uri: "/v1/customers/7", querystring, headers, body: JSON.stringify({ raw }) });
    writeJson(folder, "requests/event.json", event);
    const get = {
      method: "GET",
      path: "/v1/customers",
      querystring: "ssn=536-90-4399",
      headers: { "x-tenant-id": "a" },
    };
    writeJson(folder, "requests/get.request.json", get);
    write("requests/post.json", '{"ssn":"536-90-4399"}');
    writeJson(folder, "requests/post.json.request.json", {
      path: "/v1/customers",
      headers: { "x-tenant-id": "a", "X-Phone": ["1", "2"] },
    });
    text = await fieldseal(folder, ["policy", "check", "places.json", "--samples", "requests"]);
    json = await fieldseal(folder, ["policy", "check", "places.json", "--samples", "requests", "--json"]);
  });

  it("says which rule for query, headers and cookies matched how many", () => {
    expect(reportOf(json).coverage.rules).toMatchObject([
      { place: "body", field: "ssn", samples: 2, matched: 1, values: 1 },
      { place: "body", field: "card-number", samples: 2, matched: 0 },
      { place: "query", field: "mail", samples: 3, matched: 1, values: 2 },
      { place: "query", field: "unused", samples: 3, matched: 0 },
      { place: "header", field: "phone", samples: 3, matched: 2, values: 3 },
      { place: "cookie", field: "sid", samples: 3, matched: 1, values: 1 },
    ]);
    expect(text.stdout.toString()).toMatch(/^ {2}header +phone +x-phone +matched 2 of 3 +3 values$/m);
    expect(text.stderr).toMatch(/^warning: places\.json:\d+:\d+: the rule "unused" matched 0 of 3 samples$/m);
  });

  it("says which of their names and values look sensitive and have no rule, in strings of JSON too", () => {
    const found = reportOf(json).coverage.uncovered as { path: string; evidence: string; place?: string }[];
    expect(found.map(({ place, path: where, evidence }) => [place, where, evidence])).toEqual([
      ["body", "$.raw in a string: $.dob", "name"],
      ["query", "$.iban", "iban"],
      ["header", "x-email", "email"],
      ["header", "*", "email"],
      ["cookie", "mail", "email"],
      ["query", "$.ssn", "us-ssn"],
    ]);
    const messages = reportOf(json).warnings.map(({ message }) => message);
    expect(messages).toContain("no rule covers the header x-email: values look like email");
    expect(messages).toContainEqual(expect.stringMatching(/^\$\.raw holds JSON with the covered name "ssn"$/));
  });

  it("says what the edge would refuse of them", () => {
    const refused = reportOf(json).warnings.filter(({ kind }) => kind === "sample-refused");
    expect(refused.map(({ message }) => message)).toEqual([
      expect.stringMatching(/get\.request\.json .*FIELD_IN_QUERY \(field ssn, at byte 0\)$/),
    ]);
  });

  it("shows no value", () => {
    for (const { stdout, stderr } of [text, json]) {
      for (const value of [canary, "536-90-4399", "4111111111111111", "GB82WEST", "7946", "dark", "acme"]) {
        expect(stdout + stderr).not.toContain(value);
      }
    }
  });

  it("tells nothing of a string of JSON that a rule reaches into", async () => {
    const within = { name: "ssn", select: "$.raw.ssn", within: "json", ...seal };
    const { routes, ...rest } = policy as { routes: Record<string, unknown>[] };
    writeJson(folder, "within.json", { ...rest, routes: [{ ...routes[0], fields: [within] }] });
    mkdirSync(path.join(folder, "within"));
    writeJson(folder, "within/one.json", { raw: JSON.stringify({ ssn: "536-90-4399", fine: "blue" }) });
    const outcome = await fieldseal(folder, ["policy", "check", "within.json", "--samples", "within", "--json"]);
    expect(reportOf(outcome).coverage).toMatchObject({ rules: [{ values: 1 }], uncovered: [], hidden: [] });
  });

  it("refuses a broken event with its place", async () => {
    mkdirSync(path.join(folder, "broken"));
    writeJson(folder, "broken/event.json", { Records: [{ cf: { request: { method: 1 } } }] });
    const outcome = await fieldseal(folder, ["policy", "check", "policy.json", "--samples", "broken"]);
    expect([outcome.code, /^error\[CONFIG_INVALID\]: .*\/Records\/0\/cf\/request/m.test(outcome.stderr)]).toEqual([
      1,
      true,
    ]);
  });
});

describe("policy diff", () => {
  const diff = (change: (text: string) => string, ...more: string[]): Promise<Outcome> => {
    write("next.json", change(JSON.stringify(policy, null, 2)));
    return fieldseal(folder, ["policy", "diff", "policy.json", "next.json", ...more]);
  };

  it("exits 0 where nothing changes", async () => {
    const { code, stdout, stderr } = await diff((text) => text);
    expect([code, stdout.length]).toEqual([0, 0]);
    expect(stderr).toBe("no difference in what the policies cover\n");
  });

  it("exits 1 for a place that is no longer covered, unless that is allowed", async () => {
    const narrow = (text: string): string => text.replace("$..ssn", "$.ssn");
    const refused = await diff(narrow);
    expect(refused.code).toBe(1);
    expect(refused.stdout.toString()).toMatch(/^newly uncovered +POST,PUT +\/v1\/customers\/\*\* +ssn +\$\.\.ssn/m);
    expect(refused.stderr).toMatch(/^error\[COVERAGE_REDUCED\]/);
    expect((await diff(narrow, "--allow-uncovered")).code).toBe(0);
  });

  it("exits 0 for a place that is newly covered", async () => {
    const { code, stdout } = await diff((text) => text.replace('"POST"', '"PATCH",\n"POST"'));
    expect(code).toBe(0);
    expect(stdout.toString()).toMatch(/^newly covered +PATCH +/m);
  });

  it("exits 1 for another key, unless that is allowed", async () => {
    const other = await keygen(folder, "pii-2");
    const rekey = (text: string): string => {
      const next = JSON.parse(text) as Record<string, unknown>;
      return JSON.stringify({ ...next, keys: { ...(next.keys as object), ...other } }).replaceAll(
        '"key":"pii-1"',
        '"key":"pii-2"',
      );
    };
    const refused = await diff(rekey);
    expect(refused.code).toBe(1);
    expect(refused.stdout.toString()).toMatch(/^re-keyed .* ssn .* pii-1 -> pii-2$/m);
    expect(refused.stderr).toMatch(/^error\[KEY_REPLACED\]/);
    expect((await diff(rekey, "--allow-rekey")).code).toBe(0);
  });
});
