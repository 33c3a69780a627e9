import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/**/index.ts"],
  format: "esm",
  dts: false,
  target: "node22",
  clean: false,
  removeNodeProtocol: false,
});
