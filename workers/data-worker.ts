import { join } from "node:path";

import { createDataActivities } from "../activities/index.ts";
import { shutdownGrace } from "../temporal.config.ts";
import { buildFolder, runWorker } from "./run-worker.ts";

/** Hosts the workflows and the data stages of its build. */
await runWorker("data", ({ environment, dependencies }) => ({
  workflowBundle: { codePath: join(buildFolder, "workflow-bundle.js") },
  activities: createDataActivities(dependencies),
  maxConcurrentActivityTaskExecutions: environment.CONVOY_DATA_SLOTS,
  maxHeartbeatThrottleInterval: "5 seconds",
  shutdownGraceTime: shutdownGrace.data,
}));
