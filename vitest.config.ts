import { defineConfig } from "vitest/config";

import { LongestFirst } from "./tests/support/longest-first.ts";

/**
 * Unit tests need no server. Their files share a process a core: a process for each file would take longer to start than its tests do. End-to-end
 * tests share one started stack and run after them, three files at a time: they wait more than they compute.
 */
export default defineConfig({
  test: {
    // The SDK's version is pinned; its notice about Node versions yet to come would stand in every test's output.
    // TensorFlow says nothing below errors, as in the trainer.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true", TF_CPP_MIN_LOG_LEVEL: "2" },
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "unit",
          include: ["tests/**/*.test.ts"],
          exclude: ["tests/e2e/**"],
          pool: "forks",
          isolate: false,
          maxWorkers: "100%",
          unstubEnvs: true,
          setupFiles: ["tests/support/restore-environment.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["tests/e2e/**/*.test.ts"],
          globalSetup: ["tests/support/shared-stack.ts"],
          pool: "forks",
          maxWorkers: 3,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
