import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExportTarget, type PackageJson, publishedPackages, readText, root } from "./workspace.ts";

const packages = publishedPackages();
const rootManifest = JSON.parse(readText("package.json")) as PackageJson;
const folder = mkdtempSync(path.join(tmpdir(), "fieldseal-packages-"));
const tarballs = path.join(folder, "tarballs");
const consumer = path.join(folder, "consumer");

const node24 = path.join(root, "node_modules/node/bin/node");
const node22 = path.join(root, "node_modules/node22/bin/node");

interface Run {
  readonly code: number;
  readonly output: string;
}

/** Runs a program to its end; `output` is stdout and stderr. */
async function run(program: string, args: readonly string[], cwd: string): Promise<Run> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { cwd, maxBuffer: 1 << 26 });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: typeof code === "number" ? code : -1, output: stdout + stderr || String(error) };
  }
}

const bin = (name: string): string => path.join(root, "node_modules/.bin", name);
const done: Run = { code: 0, output: expect.any(String) as string };

/** What a package exports besides its package.json: `[specifier, target]`. */
function subpaths(manifest: PackageJson): [string, ExportTarget][] {
  return Object.entries(manifest.exports)
    .filter(([subpath]) => subpath !== "./package.json")
    .map(([subpath, target]) => [path.posix.join(manifest.name, subpath), target]);
}
const specifiers = packages.flatMap(({ manifest }) => subpaths(manifest).map(([specifier]) => specifier));

const targets = packages.flatMap(({ folder: where, manifest }) =>
  subpaths(manifest).flatMap(([specifier, target]) =>
    Object.entries(target as Record<string, string>).map(
      ([condition, file]) => [specifier, condition, path.posix.join(where, file)] as const,
    ),
  ),
);

/** Bare specifiers that the JavaScript and the declarations of an installed package import. */
function importsBelow(where: string): string[] {
  const files = readdirSync(where, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.(?:m?js|d\.ts)$/.test(file),
  );
  const found = files.flatMap((file) => {
    const text = readFileSync(path.join(where, file), "utf8");
    const matches = text.matchAll(/^import\b[^;"]*"([^"]+)"|^export\b[^;"]*\bfrom\s*"([^"]+)"|\bimport\("([^"]+)"\)/gm);
    return [...matches].map((match) => match.slice(1).find((specifier) => specifier !== undefined) ?? "");
  });
  return [...new Set(found)].filter((specifier) => !specifier.startsWith("."));
}

const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

describe("package.json of each package", () => {
  it.each(targets)("%s: the target of %s is there: %s", (_, condition, file) => {
    const why = condition === "fieldseal-source" ? "write it or drop the export" : "run `npm run build`";
    expect(existsSync(path.join(root, file)), `${file} is missing: ${why}`).toBe(true);
  });

  it.each(packages.map((one) => [one.manifest.name, one.manifest] as const))(
    "%s publishes the same subpaths, sources apart",
    (_, manifest) => {
      const published = Object.entries(manifest.exports).map(([subpath, target]) => {
        if (typeof target === "string") return [subpath, target];
        const { "fieldseal-source": source, ...rest } = target;
        expect(source).toMatch(/^\.\/src\/(?:.+\/)?index\.ts$/);
        return [subpath, rest];
      });
      expect(manifest.publishConfig.exports).toEqual(Object.fromEntries(published));
    },
  );

  it.each(packages.map((one) => [one.manifest.name, one] as const))(
    "%s says what it is, where it comes from and what it needs",
    (_, { folder: directory, manifest }) => {
      const { description, keywords, license, repository, engines, sideEffects } = manifest;
      expect(description).toMatch(/^Fieldseal: .{20,}/);
      expect(keywords).toContain("fieldseal");
      expect(keywords!.length).toBeGreaterThan(3);
      expect(repository).toMatchObject({ directory });
      expect({ license, node: engines?.node, sideEffects }).toEqual({
        license: "Apache-2.0",
        node: ">=22.12",
        sideEffects: false,
      });
    },
  );
});

describe("the packed packages", () => {
  let archives: string[];
  beforeAll(async () => {
    mkdirSync(tarballs);
    const args = ["-r", "--filter", "./packages/*", "exec", "pnpm", "pack", "--pack-destination", tarballs];
    expect(await run(bin("pnpm"), args, root)).toEqual(done);
    archives = readdirSync(tarballs).map((name) => path.join(tarballs, name));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("are as many as there are packages", () => {
    expect(archives).toHaveLength(packages.length);
  });

  it("hold the licence, the page and what is built: no source, no test", async () => {
    for (const archive of archives) {
      const { output } = await run("tar", ["-tzf", archive], folder);
      const files = output.trim().split("\n");
      expect(files).toEqual(expect.arrayContaining(["package/LICENSE", "package/README.md", "package/package.json"]));
      const odd = files.filter(
        (file) => !/^package\/(?:LICENSE|README\.md|package\.json|(?:dist|bin)\/.*)$/.test(file),
      );
      expect(odd).toEqual([]);
      expect(files.filter((file) => /\.(?:test|fuzz|bench)\.|\.tsbuildinfo$|(?<!\.d)\.ts$/.test(file))).toEqual([]);
    }
  });

  it("pass publint --strict", async () => {
    for (const archive of archives) expect(await run(bin("publint"), [archive, "--strict"], folder)).toEqual(done);
  });

  it("pass attw for ESM", async () => {
    for (const archive of archives) {
      expect(await run(bin("attw"), [archive, "--profile", "esm-only"], folder)).toEqual(done);
    }
  }, 120_000);

  describe("installed in an empty folder", () => {
    beforeAll(async () => {
      mkdirSync(consumer);
      // Peers at the versions that the packages are developed with; Node's types, which every Node project has.
      const peers = packages.flatMap(({ manifest }) =>
        Object.keys(manifest.peerDependencies ?? {}).map((peer) => [peer, manifest.devDependencies?.[peer]]),
      );
      const types = ["@types/node", rootManifest.devDependencies?.["@types/node"]];
      const manifest = { private: true, dependencies: Object.fromEntries([...peers, types]) as Record<string, string> };
      writeFileSync(path.join(consumer, "package.json"), JSON.stringify(manifest));
      // Quick retries: where everything is cached and the registry is out of reach, npm still asks for something and waits.
      const patience = ["--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=2000"];
      const quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts"];
      const args = ["install", "--prefer-offline", ...patience, ...quiet, ...archives];
      expect(await run("npm", args, consumer)).toEqual(done);
      const names = specifiers.map((_, index) => `m${index}`);
      const imports = specifiers.map((specifier, index) => `import * as m${index} from "${specifier}";`);
      const use = `export const all: readonly object[] = [${names.join(", ")}];`;
      writeFileSync(path.join(consumer, "consumer.mts"), [...imports, use].join("\n"));
      writeFileSync(path.join(consumer, "consumer.cts"), [...imports, use].join("\n"));
      const compilerOptions = { strict: true, noEmit: true, skipLibCheck: false, module: "nodenext", types: ["node"] };
      const config = {
        compilerOptions: { ...compilerOptions, target: "es2023" },
        files: ["consumer.mts", "consumer.cts"],
      };
      writeFileSync(path.join(consumer, "tsconfig.json"), JSON.stringify(config));
      const load = `
        const specifiers = ${JSON.stringify(specifiers)};
        const names = (module) => Object.keys(module).filter((key) => key !== "module.exports").sort().join();
        (async () => {
          for (const specifier of specifiers) {
            const required = names(require(specifier));
            if (required !== names(await import(specifier))) throw new Error(specifier);
            console.log(specifier, required === "" ? "exports nothing" : "loaded");
          }
        })();`;
      writeFileSync(path.join(consumer, "load.cjs"), load);
    }, 120_000);

    // The type check cannot see it where another package brings the same dependency along.
    it.each(packages.map((one) => [one.manifest.name, one.manifest] as const))(
      "%s declares what its files import",
      (name, manifest) => {
        const { dependencies, peerDependencies } = manifest;
        const declared = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
        const undeclared = importsBelow(path.join(consumer, "node_modules", name)).filter(
          (specifier) =>
            !isBuiltin(specifier) && !declared.has(packageOf(specifier)) && !declared.has(`@types/${specifier}`),
        );
        expect(undeclared).toEqual([]);
      },
    );

    it("type-check without skipLibCheck", async () => {
      const args = [path.join(root, "node_modules/typescript/bin/tsc"), "-p", consumer, "--pretty", "false"];
      expect(await run(process.execPath, args, consumer)).toEqual({ code: 0, output: "" });
    });

    it.each([
      ["22", node22],
      ["24", node24],
    ])("load by import and by require() on Node %s, the same from both", async (major, node) => {
      expect((await run(node, ["--version"], consumer)).output).toMatch(new RegExp(`^v${major}\\.`));
      const { code, output } = await run(node, ["--no-warnings", "load.cjs"], consumer);
      expect(output.trim().split("\n")).toEqual(specifiers.map((specifier) => `${specifier} loaded`));
      expect(code).toBe(0);
    });

    it("start their commands", async () => {
      const commands = packages.flatMap(({ manifest }) => Object.keys(manifest.bin ?? {}));
      expect(commands).toContain("fieldseal");
      for (const command of commands) {
        const program = path.join(consumer, "node_modules/.bin", command);
        expect(await run(node24, [program, "--help"], consumer)).toEqual(done);
      }
    });
  });
});
