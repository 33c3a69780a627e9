// What the repository holds, for the gates in this folder: its root, its packages, its files. Reads files.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** The repository's root folder. */
export const root: string = path.resolve(import.meta.dirname, "../..");

/** One target of `exports`, as package.json spells it. */
export type ExportTarget = string | Readonly<Record<string, string>>;

export interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly license?: string;
  readonly repository?: { readonly directory?: string };
  readonly engines?: { readonly node?: string };
  readonly sideEffects?: boolean;
  readonly exports: Readonly<Record<string, ExportTarget>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly publishConfig: { readonly exports: Readonly<Record<string, ExportTarget>> };
}

/** A published package: its folder from the root, and its package.json. */
export interface WorkspacePackage {
  readonly folder: string;
  readonly manifest: PackageJson;
}

/** Every package below packages/ that is not private. */
export function publishedPackages(): WorkspacePackage[] {
  return foldersIn("packages")
    .map((name) => {
      const folder = `packages/${name}`;
      const text = readFileSync(path.join(root, folder, "package.json"), "utf8");
      return { folder, manifest: JSON.parse(text) as PackageJson };
    })
    .filter(({ manifest }) => manifest.private !== true);
}

// What .gitignore names, Git's own folder, and files of other people that the gates leave alone.
const ignored: ReadonlySet<string> = new Set([".git", "node_modules", "dist", "coverage", ".DS_Store"]);

/** Names of the folders directly below `folder` that hold at least one file. */
export function foldersIn(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !ignored.has(entry.name))
    .map((entry) => entry.name)
    .filter((name) => filesBelow(path.posix.join(folder, name)).length > 0)
    .sort();
}

/** Every file below `folder`, from the root with forward slashes, without what is built or installed. */
export function filesBelow(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => !ignored.has(entry.name))
    .flatMap((entry) => {
      const name = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(name);
      return entry.isFile() ? [name] : [];
    });
}

/** Text of a file named from the root. */
export function readText(file: string): string {
  return readFileSync(path.join(root, file), "utf8");
}
