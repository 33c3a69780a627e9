// What the pages tell a reader to type, typed: every command is right usage, every option that is named exists.
import Ajv2020 from "ajv/dist/2020.js";
import { beforeAll, describe, expect, it } from "vitest";
import { filesBelow, readText } from "../../repo/workspace.ts";
import { fieldseal, newFolder } from "./run.ts";

const pages = filesBelow(".").filter((file) => /\.md$/.test(file) && !/^(?:vendor|\.changeset)\//.test(file));

interface Typed {
  readonly file: string;
  readonly line: string;
}

/** Commands that stand in blocks of a terminal or a script, whole. */
const commands = pages.flatMap((file): Typed[] =>
  [...readText(file).matchAll(/^```(?:console|sh)\n([\s\S]*?)^```/gm)].flatMap(([, block]) =>
    [...block!.replaceAll(/\\\n */g, "").matchAll(/^(?:\$ )?(fieldseal .*)$/gm)].map(([, line]) => ({
      file,
      line: line!,
    })),
  ),
);

/** Commands that a sentence names, perhaps in part. */
const mentions = pages.flatMap((file): Typed[] =>
  [...readText(file).matchAll(/`(fieldseal [a-z][^`]*)`/g)].map(([, line]) => ({ file, line: line! })),
);

/** What a shell makes of a line, redirections and comments left out. */
function wordsOf(line: string): string[] {
  const words = line.replace(/ +#.*$/, "").match(/'[^']*'|[^\s']+/g)!;
  const end = words.findIndex((word) => /^[<>|]/.test(word));
  return words.slice(1, end < 0 ? undefined : end).map((word) => word.replaceAll("'", ""));
}

let folder: string;
beforeAll(() => {
  folder = newFolder();
});

describe("the pages", () => {
  it("show commands, and name them in sentences", () => {
    expect(commands.length).toBeGreaterThan(25);
    expect(mentions.length).toBeGreaterThan(25);
  });

  it("show commands that are right usage", async () => {
    // Nothing listens there.
    const env = { AWS_ENDPOINT_URL: "http://127.0.0.1:9", AWS_MAX_ATTEMPTS: "1" };
    for (const { file, line } of commands) {
      const isWrong = /decrypt --kms --json/.test(line);
      const { code, stderr } = await fieldseal(folder, wordsOf(line), "", env);
      expect([code === 2, file, line, stderr]).toEqual([isWrong, file, line, stderr]);
    }
  }, 120_000);

  it("name options that there are", async () => {
    const help = new Map<string, string>();
    for (const { file, line } of mentions) {
      const named = wordsOf(line).filter((word) => /^--[a-z]/.test(word));
      if (named.length === 0) continue;
      const words = wordsOf(line).slice(0, /^fieldseal (?:policy|vault|audit) /.test(line) ? 2 : 1);
      const name = words.join(" ");
      if (!help.has(name)) help.set(name, (await fieldseal(folder, [...words, "--help"])).stdout.toString());
      for (const option of named)
        expect([file, line, help.get(name)]).toEqual([file, line, expect.stringContaining(`  ${option}`)]);
    }
  });

  it("show configurations that the schemas accept", () => {
    const ajv = new Ajv2020.Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
    const schemaOf = (name: string): object => JSON.parse(readText(`schemas/${name}.schema.json`)) as object;
    const validators = {
      tokenizer: ajv.compile(schemaOf("tokenizer")),
      service: ajv.compile(schemaOf("service")),
    };
    for (const [name, validate] of Object.entries(validators)) {
      const shown = new RegExp(`^\\$ cat ${name}\\.json\\n(\\{\\n[\\s\\S]*?^\\})`, "m").exec(readText("docs/cli.md"));
      expect(validate(JSON.parse(shown![1]!)), JSON.stringify(validate.errors)).toBe(true);
    }
  });
});
