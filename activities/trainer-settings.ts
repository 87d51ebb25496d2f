import { join } from "node:path";

import type { TrainerSettings } from "./trainer-process.ts";
import type { Environment } from "../environment.ts";
import { childVariables } from "../environment.ts";
import { tensorflowEnvironment } from "../trainer/runtime/tensorflow-environment.ts";

/** How trainers are started: from this build, with TensorFlow's threads and kernels pinned. */
export function trainerSettings(
  { CONVOY_TENSORFLOW, CONVOY_THREADS, CONVOY_ONEDNN, CONVOY_XLA, CONVOY_TF32 }: Environment,
  buildFolder: string,
): TrainerSettings {
  const tensorflow = {
    device: CONVOY_TENSORFLOW,
    onednn: CONVOY_ONEDNN === "on",
    xla: CONVOY_XLA === "on",
    tf32: CONVOY_TF32 === "on",
    ...(CONVOY_THREADS === undefined ? {} : { threads: CONVOY_THREADS }),
  };
  const variables = childVariables({
    ...tensorflowEnvironment(tensorflow),
    // Advice for developers would be among the last lines of every crash.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  });
  return { path: join(buildFolder, "programs", "trainer.js"), variables };
}
