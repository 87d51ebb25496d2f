import type { EarlierTraining } from "../ml/run/schema.ts";
import type { ObjectStore } from "./object-store.ts";
import type { BestKey, CheckpointPlace } from "./checkpoints.ts";
import { Checkpoints } from "./checkpoints.ts";

interface HandOver {
  objects: ObjectStore;
  /** Looked through in this order; nothing of theirs is changed. */
  from: readonly CheckpointPlace[];
  workHash: string;
  /** The last epoch that the training is to have. */
  lastEpoch: number;
  keep: number;
  onPassedOver: (key: string, reason: string) => void;
}

/**
 * Copies the newest checkpoint of the same work that verifies, with the best weights it goes by, from other runs into one that has none.
 * The training that resumes it cannot tell the difference, so it ends with the same bits.
 *
 * @returns where it came from, which the copy says too; null where no run has one
 */
export async function handOverCheckpoints(
  to: Checkpoints,
  { objects, from, workHash, lastEpoch, keep, onPassedOver }: HandOver,
): Promise<EarlierTraining | null> {
  for (const place of from) {
    const found = await (await Checkpoints.peek(objects, place))?.newest(workHash, onPassedOver);
    if (!found) continue;
    const { key, checkpoint, best } = found;
    if (checkpoint.state.epoch > lastEpoch) {
      onPassedOver(key, `is of epoch ${checkpoint.state.epoch}, beyond the last one wanted, ${lastEpoch}`);
      continue;
    }
    let bestKey: BestKey = best?.key === key ? { own: true } : { own: false, key: null };
    if (best && best.key !== key) bestKey = { own: false, key: await to.save(best.checkpoint, { keep, best: { own: true } }) };
    const continuedFrom = { runId: place.runId, epoch: checkpoint.state.epoch };
    await to.save({ ...checkpoint, state: { ...checkpoint.state, continuedFrom } }, { keep, best: bestKey });
    return continuedFrom;
  }
  return null;
}
