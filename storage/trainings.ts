import type { ArtifactRef } from "../ml/artifact.ts";
import type { ModelParameters } from "../ml/model/transfer/schema.ts";
import type { EarlierTraining } from "../ml/run/schema.ts";
import { shapingParameters } from "../ml/train/prolonging.ts";
import type { TrainParameters } from "../ml/train/schema.ts";
import { newestCheckpoint } from "./checkpoints.ts";
import { putJson } from "./json.ts";
import { ledgerKey } from "./ledger.ts";
import type { ObjectStore } from "./object-store.ts";

/** Begins the keys `trainings/<key>/<run id>.json`: which runs began the same training, wherever each of them ended it. */
export const trainingsFolder = "trainings/";

/** Candidates told; the first whose checkpoint verifies is taken. */
const mostTold = 3;

/** A training as the ledger is asked for it. */
export interface TrainingWork {
  parameters: { train: TrainParameters; model: ModelParameters; untilEpoch?: number };
  inputs: Readonly<Record<string, ArtifactRef>>;
  seed: number | null;
  codeHash: string;
}

/** Says that a run begins this training, so that a later one with more epochs finds its checkpoints. */
export async function noteTraining(objects: ObjectStore, work: TrainingWork, runId: string): Promise<void> {
  await putJson(objects, `${folderOf(work)}${runId}.json`, { formatVersion: 1 });
}

/**
 * Runs that began the same training by the same code and whose newest checkpoint is not beyond the last epoch wanted, the farthest first.
 * @param runId of the run that asks: it knows its own checkpoints
 */
export async function earlierTrainings(objects: ObjectStore, work: TrainingWork, runId?: string): Promise<EarlierTraining[]> {
  const { train, untilEpoch = train.epochs } = work.parameters;
  const lastEpoch = Math.min(untilEpoch, train.epochs);
  const names = await objects.listFolder(folderOf(work));
  const others = names.map((name) => name.replace(/\.json$/, "")).filter((other) => other !== runId);
  const found = await Promise.all(
    others.map(async (other) => {
      const epoch = (await newestCheckpoint(objects, { runId: other, stage: "train" }))?.epoch ?? 0;
      return epoch > 0 && epoch <= lastEpoch ? [{ runId: other, epoch }] : [];
    }),
  );
  return found
    .flat()
    .toSorted((a, b) => b.epoch - a.epoch || (a.runId < b.runId ? 1 : -1))
    .slice(0, mostTold);
}

/** Keys of what these runs noted. */
export async function notedTrainings(objects: ObjectStore, runIds: ReadonlySet<string>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of objects.list(trainingsFolder))
    if (runIds.has(key.slice(key.lastIndexOf("/") + 1, -".json".length))) keys.push(key);
  return keys;
}

/** As the ledger's key, but with nothing of where the training ends. */
function folderOf({ parameters: { train, model }, inputs, seed, codeHash }: TrainingWork): string {
  const parameters = { train: shapingParameters(train), model, codeHash };
  return `${trainingsFolder}${ledgerKey({ stage: "train", parameters, inputs, seed })}/`;
}
