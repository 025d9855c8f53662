import { defineConfig } from "vitest/config";

/** "unit" needs only Node. "servers" needs what scripts/servers.mjs installs; it is run by `npm run test:servers`. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/**/*.test.ts"], globalSetup: ["test/support/build.ts"], testTimeout: 30_000, hookTimeout: 60_000 } },
      { test: { name: "servers", include: ["test/**/*.servers.ts"], globalSetup: ["test/support/build.ts"], testTimeout: 120_000, hookTimeout: 120_000 } },
    ],
    coverage: { provider: "v8", include: ["lib/pipeline/kernel.ts"], thresholds: { lines: 100, branches: 100, functions: 100, statements: 100 } },
  },
});
