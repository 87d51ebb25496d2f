import type { TrainerSettings } from "../../activities/trainer-process.ts";

/** For stages that need no TensorFlow as they are asked. */
export const noTrainer: TrainerSettings = { path: "/nowhere/trainer.js", variables: {} };
