// The pages of configurations name each member that the schemas have, so that nobody has to read a schema.
import { expect, it } from "vitest";
import { readText } from "./workspace.ts";

interface Schema {
  readonly properties?: Readonly<Record<string, Schema & { readonly const?: string }>>;
  readonly oneOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const schema = (name: string): Schema => JSON.parse(readText(`schemas/${name}.schema.json`)) as Schema;
const namesIn = (text: string): string[] => Array.from(text.matchAll(/[`"]([A-Za-z]+)[`"]/g), ([, name]) => name!);

it("docs/tokens.md has a row for each type of format, with its members", () => {
  const [, table] = readText("docs/tokens.md").split("| type | members");
  const rows = table!.split("\n\n")[0]!.split("\n");
  const formats = schema("tokenizer").$defs!.format!.oneOf!;
  expect(formats.length).toBeGreaterThan(8);
  for (const { properties } of formats) {
    const { type, engine: _, ...members } = properties!;
    const row = rows.find((line) => line.split("|")[1]!.includes(`\`${type!.const}\``));
    expect(namesIn(row ?? "")).toEqual(expect.arrayContaining(Object.keys(members)));
  }
});

it("docs/cli.md names each member of the service's configuration, and those one level below", () => {
  const [, text] = readText("docs/cli.md").split("\n## serve\n");
  const named = namesIn(text!.split("\n## ")[0]!);
  const { $schema: _, ...members } = schema("service").properties!;
  for (const [name, member] of Object.entries(members)) {
    const below = [member, ...(member.oneOf ?? [])].flatMap(({ properties }) => Object.keys(properties ?? {}));
    expect(named).toEqual(expect.arrayContaining([name, ...below.filter((one) => one !== "$schema")]));
  }
});

it("the README of edge-encrypt has a row for each option of the handler", () => {
  const membersOf = (file: string, opening: string): string[] => {
    const [, text] = readText(`packages/edge-encrypt/src/${file}`).split(opening);
    return Array.from(text!.split("\n}")[0]!.matchAll(/^ {2}readonly (\w+)\??:/gm), ([, name]) => name!);
  };
  const options = [
    ...membersOf("cloudfront/settings.ts", "interface OriginRequestOptions extends Tokenizing {"),
    ...membersOf("tokenizing.ts", "interface Tokenizing {"),
  ];
  const rows = readText("packages/edge-encrypt/README.md").matchAll(/^\| `(\w+)` \|/gm);
  expect(Array.from(rows, ([, name]) => name!).sort()).toEqual(options.sort());
});
