import { readFile } from "node:fs/promises";
import type { Options } from "tsup";
import { defineConfig } from "tsup";
import { library } from "../../tsup.base.ts";

// The edge answers and logs codes, places and hints; nobody there ever sees a message.
const message =
  /\b((?:FieldsealError|refusal)\(\s*(?:error\.code|"[A-Z0-9_]+")),\s*(?:"[^"\n]*"|`[^`]*`|'[^'\n]*')(?:,?\s*(\)))?/g;
const withoutMessage = (_: string, call: string, end = ', ""'): string => call + end;
const withoutMessages: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "without-messages",
  setup(build) {
    build.onLoad({ filter: /[/\\](?:core|edge-encrypt)[/\\]src[/\\].*\.ts$/ }, async ({ path }) => {
      return { contents: (await readFile(path, "utf8")).replace(message, withoutMessage), loader: "ts" };
    });
  },
};

// Filters are functions of an engine, which no compiled policy carries: `compilePolicy` refuses them.
const withoutFilters: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "without-filters",
  setup(build) {
    build.onLoad({ filter: /[/\\]filter-matches\.ts$/ }, () => {
      return { contents: "export const withFilterMatches = (scan) => scan;", loader: "ts" };
    });
  },
};

// No bundle has a tokenizer, and its options are those that `bundle` has checked.
const withoutOptions: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "without-options",
  setup(build) {
    build.onLoad({ filter: /[/\\]cloudfront[/\\]check-options\.ts$/ }, () => {
      return { contents: "export const checkOptions = (options) => options;", loader: "ts" };
    });
    build.onLoad({ filter: /[/\\]token-batches\.ts$/ }, () => {
      return { contents: "export const checkTokenizing = () => {}, tokenizeFields = () => {};", loader: "ts" };
    });
  },
};

export default defineConfig([
  { ...library, entry: ["src/main.ts"], clean: ["!**/*.d.ts", "!bundle/**"] },
  // What `bundle` ships to the edge: everything in one minified file, so that no bundler runs on the user's machine.
  {
    ...library,
    entry: ["src/bundle/edge-runtime.ts"],
    outDir: "dist/bundle",
    // Both minifiers: each finds what the other leaves.
    minify: "terser",
    terserOptions: {
      module: true,
      ecma: 2020,
      // Not inlined: what many call would stand there many times.
      compress: { inline: 0, passes: 3, unsafe_arrows: true },
      format: { comments: false },
    },
    splitting: false,
    // Rollup: one import for each module of node, where each of our modules has its own.
    treeshake: true,
    noExternal: [/^@fieldseal\//],
    esbuildPlugins: [withoutFilters, withoutOptions, withoutMessages],
    esbuildOptions: (options) => {
      options.minify = true;
      options.legalComments = "none";
      // As they are written: made with `new RegExp`, for engines of older Unicode, they would be made again at each use.
      options.supported = { "regexp-unicode-property-escapes": true };
      // Whole modules fall away when nobody needs them; the built chunks hold several each.
      options.conditions = ["fieldseal-source"];
    },
  },
]);
