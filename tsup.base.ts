// How every package is built.
import type { Options } from "tsup";

export const library: Options = {
  entry: ["src/**/index.ts"],
  format: "esm",
  dts: false,
  target: "node22",
  // All but the types, which the compiler renews one by one: a chunk of an earlier build is in no package.
  clean: ["!**/*.d.ts"],
  removeNodeProtocol: false,
  // Puts numbers in the place of their names, and does no more: the bundler makes variables of constants, and reading
  // them costs a scan 3 %.
  minify: "terser",
  terserOptions: {
    module: true,
    ecma: 2020,
    mangle: false,
    compress: { defaults: false, evaluate: true, reduce_vars: true, toplevel: true, unused: true },
    format: { beautify: true, ascii_only: true, comments: "all" },
  },
};
