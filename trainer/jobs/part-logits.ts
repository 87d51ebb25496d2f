import { setImmediate } from "node:timers/promises";

import type { Engine } from "../engine/engine.ts";

const sliceMs = 250;

/**
 * Raw outputs of many rows, computed in slices of whole batches so that messages come through in between; the slices change no bit.
 * @param between called between slices with the rows done; may throw to stop
 */
export async function partLogits(engine: Engine, rows: Int32Array, between: (done: number) => void): Promise<Float32Array> {
  const { outputs, evaluationBatchSize } = engine.network;
  const logits = new Float32Array(rows.length * outputs);
  let batches = 1;
  for (let start = 0; start < rows.length;) {
    const slice = rows.subarray(start, start + batches * evaluationBatchSize);
    const began = performance.now();
    logits.set(await engine.logits(slice), start * outputs);
    start += slice.length;
    await setImmediate();
    between(start);
    // Slices grow until they take long enough to be worth their overhead.
    if (performance.now() - began < sliceMs) batches *= 2;
  }
  return logits;
}
