import { defineConfig } from "vitest/config";

// Tests read the packages' sources through the `fieldseal-source` condition (without `module`, under which the AWS SDK
// offers a build that Node cannot load); what must hold for the built artefacts (test/e2e) starts them as processes.
export default defineConfig({
  ssr: {
    resolve: {
      conditions: ["fieldseal-source", "node", "development|production"],
    },
  },
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // One for each processor; Vitest would leave one idle, which is half of a small machine.
    maxWorkers: "100%",
  },
});
