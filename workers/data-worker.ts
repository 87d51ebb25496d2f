import { join } from "node:path";

import { createDataActivities } from "../activities/index.ts";
import { readBuildInfo } from "../storage/build-info.ts";
import { prepareRun } from "../storage/prepare-run.ts";
import { shutdownGrace } from "../temporal.config.ts";
import { buildFolder, runWorker } from "./run-worker.ts";

/** Hosts the workflows and the data stages of its build. */
await runWorker("data", ({ environment, dependencies, store }) => ({
  workflowBundle: { codePath: join(buildFolder, "workflow-bundle.js") },
  activities: createDataActivities(dependencies, {
    schedules: {
      store,
      build: readBuildInfo,
      prepare: async (plan) => prepareRun({ store, cacheFolder: environment.cacheFolder, build: await readBuildInfo() }, plan),
    },
    notifications: {
      webhook: environment.CONVOY_NOTIFY_WEBHOOK,
      command: environment.CONVOY_NOTIFY_COMMAND,
      on: environment.CONVOY_NOTIFY_ON,
    },
  }),
  maxConcurrentActivityTaskExecutions: environment.CONVOY_DATA_SLOTS,
  maxHeartbeatThrottleInterval: "5 seconds",
  shutdownGraceTime: shutdownGrace.data,
}));
