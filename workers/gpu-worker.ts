import { createGpuActivities } from "../activities/index.ts";
import { SpareTrainer } from "../activities/spare-trainer.ts";
import { trainerSettings } from "../activities/trainer-settings.ts";
import { shutdownGrace } from "../temporal.config.ts";
import { buildFolder, runWorker } from "./run-worker.ts";

/** Supervises trainers, one at a time; imports no TensorFlow. Polls for no second training and takes no eager ones. */
await runWorker("gpu", ({ environment, dependencies }) => ({
  activities: createGpuActivities(dependencies, { ...trainerSettings(environment, buildFolder), spare: new SpareTrainer() }),
  maxConcurrentActivityTaskExecutions: 1,
  maxConcurrentActivityTaskPolls: 1,
  // Heartbeats bring word of a stop or a pause.
  maxHeartbeatThrottleInterval: "2 seconds",
  shutdownGraceTime: shutdownGrace.gpu,
}));
