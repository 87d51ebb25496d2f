import { TrainerCrashed } from "../../ml/errors.ts";
import { nodeBackend } from "../runtime/node-backend.ts";

const outOfMemory = /OOM|resource exhausted|out of memory|bad_alloc|allocating tensor/i;

/**
 * Runs a part of TensorFlow's work and says of its failures where they happened and what to try.
 * @throws {TrainerCrashed} with TensorFlow's own error as its cause, if memory ran out
 */
export function explained<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!outOfMemory.test(message)) throw error;
    const device = nodeBackend().binding.isUsingGpuDevice() ? "GPU" : "CPU";
    throw new TrainerCrashed(
      `TensorFlow ran out of memory on the ${device} in ${what}: ${message.split("\n")[0]}. ` +
        "Try a smaller train.batchSize, smaller images (ingest.height, ingest.width) or a smaller model",
      { cause: error },
    );
  }
}
