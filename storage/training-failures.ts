import type { TrainingFailure } from "../ml/checkpoint/schema.ts";
import { trainingFailureSchema } from "../ml/checkpoint/schema.ts";
import type { CheckpointPlace } from "./checkpoints.ts";
import { checkpointFolder, newestCheckpoint } from "./checkpoints.ts";
import { getJson, InvalidRecord, putJson } from "./json.ts";
import type { ObjectStore } from "./object-store.ts";

/**
 * Logs a real failure of an attempt beside the checkpoints and counts those since the newest one. Temporal's own attempt number cannot
 * be used: a pause, a shutdown and a lost worker each take one.
 *
 * @param scheduledAtMs when the attempt was scheduled; orders the log
 * @param attemptsBefore those up to this attempt count no longer: an operator let the stage go on
 */
export async function recordTrainingFailure(
  objects: ObjectStore,
  place: CheckpointPlace,
  {
    scheduledAtMs,
    attemptsBefore = 0,
    ...failure
  }: Pick<TrainingFailure, "attempt" | "type" | "message"> & { scheduledAtMs: number; attemptsBefore?: number },
): Promise<{ failuresInARow: number; checkpoint: string | null }> {
  const folder = `${checkpointFolder(place)}/failures`;
  const checkpoint = (await newestCheckpoint(objects, place))?.key ?? null;
  const record: TrainingFailure = { formatVersion: 1, ...failure, checkpoint };
  await putJson(objects, `${folder}/${String(scheduledAtMs).padStart(15, "0")}.json`, record);
  let failuresInARow = 0;
  for (const name of (await objects.listFolder(`${folder}/`)).toSorted().toReversed()) {
    const earlier = await readFailure(objects, `${folder}/${name}`);
    if (earlier?.checkpoint !== checkpoint || earlier.attempt <= attemptsBefore) break;
    failuresInARow++;
  }
  return { failuresInARow, checkpoint };
}

/** Null for a damaged one: it ends the row, so that at worst a training is tried once more. */
async function readFailure(objects: ObjectStore, key: string): Promise<TrainingFailure | null> {
  try {
    return (await getJson(objects, key, trainingFailureSchema)).value;
  } catch (error) {
    if (error instanceof InvalidRecord) return null;
    throw error;
  }
}
