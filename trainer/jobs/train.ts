import { createHash } from "node:crypto";

import { mediaTypes } from "../../ml/artifact.ts";
import { canonicalJson } from "../../ml/canonical-json.ts";
import { InvalidConfiguration, InvalidData } from "../../ml/errors.ts";
import type { ModelFile } from "../../ml/model-file/schema.ts";
import { shapingParameters } from "../../ml/train/prolonging.ts";
import type { History } from "../../ml/train/schema.ts";
import type { PartLoss } from "../../ml/model/mean-loss.ts";
import { scoreBriefly } from "../../ml/train/score-part.ts";
import type { TrainJob, TrainResult } from "../../ml/train/trainer-messages.ts";
import { Checkpoints } from "../../storage/checkpoints.ts";
import { handOverCheckpoints } from "../../storage/hand-over-checkpoints.ts";
import { readWhitening } from "../../storage/whitening.ts";
import type { TrainerContext } from "../context.ts";
import { StopRequested } from "../context.ts";
import type { LoadedData } from "../data/load-data.ts";
import { labelsOf, loadData } from "../data/load-data.ts";
import type { Engine } from "../engine/engine.ts";
import { loadOwnParts, partLossOf } from "../engine/own-parts.ts";
import { Callbacks } from "./callbacks.ts";
import { partLogits } from "./part-logits.ts";
import { Training } from "./training.ts";
import { weightsBytes } from "./weights-bytes.ts";

/**
 * Trains a network and stores its weights. Goes on from the newest checkpoint of the same work that verifies; resumed or not, on whatever
 * machine of the same kind, it ends with the same bits.
 *
 * @throws {StopRequested} when asked to stop, with a checkpoint stored
 * @throws {TrainingDiverged} @throws {StaleAttempt} @throws {InvalidData} @throws {InvalidConfiguration}
 */
export async function train(job: TrainJob, context: TrainerContext): Promise<TrainResult> {
  const { runId, activityId, attempt, scheduledAtMs } = job;
  context.report({ phase: "loading", epochs: job.train.epochs });
  const checkpoints = await Checkpoints.claim(context.objects, { runId, stage: "train" }, { activityId, attempt, scheduledAtMs });
  const loaded = await loadData(job, context.artifacts, (step) =>
    context.report({ phase: "loading", step, steps: job.dataset.shards.length }),
  );
  try {
    checkParts(job, loaded);
    if (context.stopRequested()) throw new StopRequested(checkpoints.newestKey);
    context.report({ phase: "compiling", step: 0, steps: 0 });
    const { model, normalizer, encoder, augmentation, train: parameters, seed } = job;
    const [own, callbacks, whitening] = await Promise.all([
      loadOwnParts(job, context.artifacts),
      Callbacks.load(job, context),
      readWhitening(normalizer, context.artifacts),
    ]);
    const engine = context.createEngine({
      model,
      own,
      data: loaded.data,
      normalizer,
      whitening,
      encoder,
      augmentation,
      train: parameters,
      seed,
      keepsFeatures: !augmentation.enabled,
    });
    try {
      const workHash = workHashOf(job);
      if (checkpoints.newestKey === null) await takeOver(checkpoints, job, workHash, context);
      const meanLoss = partLossOf(engine.network.head, parameters.loss, own.loss);
      const training = new Training({ job, context, loaded, engine, checkpoints, callbacks, meanLoss, workHash });
      await training.resume();
      await training.run();
      const result = await finish(job, context, { loaded, engine, training, meanLoss });
      await training.end();
      return result;
    } finally {
      engine.dispose();
    }
  } finally {
    loaded.close();
  }
}

/** A run goes on from where the same training stood in an earlier one. */
async function takeOver(
  to: Checkpoints,
  { continues = [], untilEpoch = Infinity, train: { epochs, keepCheckpoints: keep } }: TrainJob,
  workHash: string,
  context: TrainerContext,
) {
  const from = continues.map((runId) => ({ runId, stage: "train" as const }));
  const lastEpoch = Math.min(untilEpoch, epochs);
  const onPassedOver = (key: string, reason: string) =>
    context.log("warn", `checkpoint of an earlier run passed over: it ${reason}`, { checkpoint: key });
  const taken = await handOverCheckpoints(to, { objects: context.objects, from, workHash, lastEpoch, keep, onPassedOver });
  if (taken === null) return;
  context.log("info", `takes over the checkpoint of epoch ${taken.epoch} of run ${taken.runId}`, { checkpoint: to.newestKey });
}

interface Finished {
  loaded: LoadedData;
  engine: Engine;
  training: Training;
  meanLoss: PartLoss | undefined;
}

async function finish(
  job: TrainJob,
  context: TrainerContext,
  { loaded, engine, training, meanLoss }: Finished,
): Promise<TrainResult> {
  const { artifacts } = context;
  const final = await training.finalWeights();
  const history: History = {
    formatVersion: 1,
    epochs: training.state.history,
    bestEpoch: final.epoch,
    stoppedEarly: training.state.stoppedEarly,
    engine: engine.kind,
    trainEval: await cleanPass(context, { loaded, engine, meanLoss }),
    environment: { ...context.environment },
  };
  context.report({ phase: "finishing" });
  return {
    model: await artifacts.putJson(modelFile(job, engine)),
    weights: await artifacts.put(weightsBytes(engine.network, final.state), mediaTypes.bytes),
    history: await artifacts.putJson(history),
    imagesPerSecond: training.imagesPerSecond,
    fallbackReason: engine.fallbackReason,
    continuedFrom: training.state.continuedFrom ?? null,
  };
}

/** Loss and accuracy over the training part with the kept weights, without dropout or augmentation. */
async function cleanPass(
  context: TrainerContext,
  { loaded, engine, meanLoss }: Pick<Finished, "loaded" | "engine" | "meanLoss">,
): Promise<History["trainEval"]> {
  const rows = loaded.parts.train;
  const { head, outputs } = engine.network;
  const logits = await partLogits(engine, rows, (done) => {
    context.report({ phase: "evaluating", step: done, steps: rows.length });
    if (context.stopRequested()) throw new StopRequested(null);
  });
  return scoreBriefly({ head, loss: meanLoss, logits, outputs, labels: labelsOf(loaded.data, rows) });
}

function modelFile({ dataset, model, encoder }: TrainJob, { network }: Engine): ModelFile {
  const { height, width, channels, dtype } = dataset;
  const { head, outputs, weights, evaluationBatchSize, summary } = network;
  return {
    formatVersion: 1,
    input: { height, width, channels, dtype },
    layers: model,
    head,
    outputs,
    classes: encoder.classes,
    weights,
    evaluationBatchSize,
    summary,
  };
}

function checkParts({ train: parameters }: TrainJob, { parts }: LoadedData): void {
  if (parts.train.length === 0)
    throw new InvalidData("The training part has no rows; give split.test and split.validation smaller shares");
  if (parameters.earlyStopping === undefined || parts.validation.length > 0) return;
  throw new InvalidConfiguration(
    "train.earlyStopping watches the validation part, which has no rows; set split.validation to more than 0, or leave it out",
  );
}

/** Changes with everything that changes a bit of a checkpoint, and with nothing else: not with where training ends, unless its epochs know. */
function workHashOf({ dataset, split, normalizer, encoder, augmentation, model, train: parameters, seed }: TrainJob): string {
  const shaping = shapingParameters(parameters);
  const work = { dataset, split: split.sha256, normalizer, encoder, augmentation, model, train: shaping, seed };
  return createHash("sha256").update(canonicalJson(work)).digest("hex");
}
