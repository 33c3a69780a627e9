import { defineConfig } from "vitest/config";

// Apart from the repository's other tests, since aws-cdk-lib is 156 MB: `npm run test:infra`.
export default defineConfig({
  test: { root: import.meta.dirname, include: ["*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 },
});
