import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { tensorflowEnvironment } from "../../trainer/runtime/tensorflow-environment.ts";
import { projectFolder } from "../convoy-process.ts";
import type { TrainingCase } from "./cases.ts";
import { installKeras } from "./keras.ts";
import { installTorch } from "./torch.ts";

/** Who trains a case, and how its process is started. */
export interface Trainer {
  name: string;
  command: readonly [string, ...string[]];
  variables: Record<string, string>;
}

export interface Rival extends Trainer {
  /** How many times as many images a second as this one convoy is to train. */
  goal: (given: TrainingCase) => number;
}

/** convoy and those it is compared with. */
export interface Field {
  ours: Trainer;
  rivals: readonly Rival[];
}

/** On the processor: stock tfjs-node's `fit` and Keras' `fit`, on the same libtensorflow. */
export async function processorField(cacheFolder: string): Promise<Field> {
  const keras = await installKeras(cacheFolder);
  return {
    ours: {
      name: "convoy",
      command: nodeProgram("training-ours.js"),
      variables: { ...tensorflowEnvironment({ device: "cpu" }), CONVOY_TENSORFLOW: "cpu" },
    },
    rivals: [
      { name: "tfjs-node fit", command: nodeProgram("training-stock.js"), variables: {}, goal: ({ goals }) => goals.stock },
      {
        name: "Keras fit",
        command: [keras, pythonProgram("training-keras.py")],
        variables: {},
        goal: ({ goals }) => goals.keras,
      },
    ],
  };
}

/**
 * On the graphics card: PyTorch, with the same kind of products.
 * @param options `compiled`: PyTorch compiles its steps and TensorFlow clusters ours by XLA; `tf32`: both shorten mantissas, else neither does
 */
export async function cardField(cacheFolder: string, options: { compiled: boolean; tf32: boolean }): Promise<Field> {
  const { compiled, tf32 } = options;
  const command = [await installTorch(cacheFolder), pythonProgram("training-torch.py"), compiled ? "compiled" : "eager"] as const;
  const variables = { ...tensorflowEnvironment({ device: "gpu", xla: compiled, tf32 }), CONVOY_TENSORFLOW: "gpu" };
  return {
    ours: { name: "convoy", command: nodeProgram("training-ours.js"), variables },
    rivals: [
      {
        name: compiled ? "PyTorch compiled" : "PyTorch",
        command,
        variables: tf32 ? {} : { NVIDIA_TF32_OVERRIDE: "0" },
        goal: () => 1,
      },
    ],
  };
}

function nodeProgram(file: string): [string, string] {
  return [process.execPath, fileURLToPath(new URL(`../${file}`, import.meta.url))];
}

function pythonProgram(file: string): string {
  return join(projectFolder, "bench", file);
}
