import { defineConfig } from "tsup";

const shared = { format: "esm", dts: false, target: "node22", clean: false, removeNodeProtocol: false } as const;

export default defineConfig([
  { ...shared, entry: ["src/main.ts"] },
  // What `bundle` ships to the edge: everything in one minified file, so that no bundler runs on the user's machine.
  {
    ...shared,
    entry: ["src/bundle/edge-runtime.ts"],
    outDir: "dist/bundle",
    minify: true,
    splitting: false,
    noExternal: [/^@fieldseal\//],
    esbuildOptions: (options) => {
      options.legalComments = "none";
      // Whole modules fall away when nobody needs them; the built chunks hold several each.
      options.conditions = ["fieldseal-source"];
    },
  },
]);
