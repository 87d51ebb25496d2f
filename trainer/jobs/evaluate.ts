import { mediaTypes } from "../../ml/artifact.ts";
import type { ArtifactRef } from "../../ml/artifact.ts";
import { thresholdOn } from "../../ml/evaluate/choose-threshold.ts";
import { correctLogits } from "../../ml/evaluate/correct-logits.ts";
import type { Predictions } from "../../ml/evaluate/evaluate.ts";
import { evaluatePredictions } from "../../ml/evaluate/evaluate.ts";
import type { LabeledLogits } from "../../ml/evaluate/fit-correction.ts";
import { fitCorrection } from "../../ml/evaluate/fit-correction.ts";
import { predictedClasses } from "../../ml/evaluate/predicted-classes.ts";
import type { Evaluation, LogitCorrection } from "../../ml/evaluate/schema.ts";
import { meanCrossEntropy, probabilitiesOf } from "../../ml/model/probabilities.ts";
import { classWeights } from "../../ml/train/class-weights.ts";
import type { EvaluateJob, EvaluateResult } from "../../ml/train/trainer-messages.ts";
import { encodeNpy } from "../../storage/npy.ts";
import { encodeTable } from "../../storage/tables.ts";
import type { TrainerContext } from "../context.ts";
import { StopRequested } from "../context.ts";
import type { LoadedData } from "../data/load-data.ts";
import { labelsOf, loadData } from "../data/load-data.ts";
import type { Engine, EngineState } from "../engine/engine.ts";
import { gradCam } from "../engine/grad-cam.ts";
import { answeringEngine, answeringOptions } from "./answering-engine.ts";
import { partLogits } from "./part-logits.ts";

interface PartAnswers extends LabeledLogits {
  rows: Int32Array;
  groups: string[];
}

interface Answers {
  rows: Int32Array;
  truths: Int32Array;
  /** [rows, classes] */
  probabilities: Float32Array;
  groups: string[];
  /** Mean over the rows. */
  loss: number;
  corrected?: NonNullable<Predictions["corrected"]>;
}

/**
 * Measures a network on the untouched test part, and on the validation part where there is one. Equal inputs give equal bytes.
 * @throws {StopRequested} when asked to stop
 */
export async function evaluate(job: EvaluateJob, context: TrainerContext): Promise<EvaluateResult> {
  context.report({ phase: "loading" });
  const loaded = await loadData(job, context.artifacts, (step) =>
    context.report({ phase: "loading", step, steps: job.dataset.shards.length }),
  );
  try {
    context.report({ phase: "compiling", step: 0, steps: 0 });
    const engine = await answeringEngine(job, { data: loaded.data }, context);
    try {
      const onValidation = loaded.parts.validation.length === 0 ? null : await answerPart("validation", context, loaded, engine);
      const correction = fitCorrection({
        method: job.evaluate.calibration,
        validation: onValidation,
        trained: trainedShares(job),
      });
      const validation = onValidation && corrected(onValidation, correction);
      const test = corrected(await answerPart("test", context, loaded, engine), correction);
      const threshold = chosenThreshold(job, validation, context);
      context.report({ phase: "finishing" });
      const measured = measure(job, test, threshold);
      return {
        predictions: await storePredictions(job, context, test, threshold),
        test: measured,
        activationMaps: await mapsOfMistakes(job, context, loaded, await engine.state(), measured),
        validation: validation && measure(job, validation, threshold),
      };
    } finally {
      engine.dispose();
    }
  } finally {
    loaded.close();
  }
}

function chosenThreshold(job: EvaluateJob, validation: Answers | null, context: TrainerContext): number {
  const { threshold } = job.evaluate;
  const { length: classCount } = job.dataset.classes;
  if (typeof threshold !== "number" && classCount !== 2)
    context.log("warn", `evaluate.threshold ${JSON.stringify(threshold)} is for two classes and does nothing with ${classCount}`);
  return thresholdOn(threshold, classCount, validation);
}

/** Where the network saw what it answered wrongly, by mistake; null where its layers give no map, or none was asked for. */
async function mapsOfMistakes(
  job: EvaluateJob,
  context: TrainerContext,
  { data }: LoadedData,
  state: EngineState,
  { worstMistakes }: Evaluation,
): Promise<ArtifactRef | null> {
  if (!job.evaluate.gradCam) return null;
  const rows = Int32Array.from(worstMistakes, ({ row }) => row);
  const codes = Int32Array.from(worstMistakes, ({ predicted }) => predicted);
  const maps = await gradCam(await answeringOptions(job, { data }, context), state, rows, codes);
  if (!maps) return null;
  const levels = Uint8Array.from(maps.values, (value) => Math.round(255 * value));
  return context.artifacts.put(
    encodeNpy({ dtype: "uint8", shape: [rows.length, maps.height, maps.width], data: levels }),
    mediaTypes.npy,
  );
}

async function answerPart(
  part: "test" | "validation",
  context: TrainerContext,
  loaded: LoadedData,
  engine: Engine,
): Promise<PartAnswers> {
  const rows = loaded.parts[part];
  const { head, outputs } = engine.network;
  const logits = await partLogits(engine, rows, (done) => {
    context.report({ phase: "evaluating", step: done, steps: rows.length });
    if (context.stopRequested()) throw new StopRequested(null);
  });
  const truths = labelsOf(loaded.data, rows);
  const groups = Array.from(rows, (row) => loaded.groups[row] ?? "");
  return { rows, truths, groups, head, logits, outputs };
}

/** The probabilities that a user of the model is given, and the loss of these. */
function corrected({ rows, truths, groups, ...raw }: PartAnswers, correction: LogitCorrection | undefined): Answers {
  const { head, outputs } = raw;
  const logits = correctLogits(raw, correction);
  return {
    rows,
    truths,
    groups,
    probabilities: probabilitiesOf(head, logits, outputs),
    loss: meanCrossEntropy(head, logits, outputs, truths),
    ...(correction ? { corrected: { by: correction, before: probabilitiesOf(head, raw.logits, outputs) } } : {}),
  };
}

/** What the loss saw of each class. */
function trainedShares({ encoder: { classes, trainCounts: counts }, classWeights: method }: EvaluateJob) {
  return { counts, weights: classWeights(method, counts, classes) ?? classes.map(() => 1) };
}

function measure({ dataset, seed, evaluate: parameters }: EvaluateJob, answers: Answers, threshold: number): Evaluation {
  return evaluatePredictions({ ...answers, classes: dataset.classes, seed, parameters, threshold });
}

async function storePredictions(
  { dataset: { classes } }: EvaluateJob,
  { artifacts }: TrainerContext,
  { rows, truths, probabilities }: Answers,
  threshold: number,
): Promise<ArtifactRef> {
  const probabilityOf = (code: number) => Float32Array.from(rows, (_, i) => probabilities[i * classes.length + code]!);
  const bytes = encodeTable([
    { name: "row", type: "int32", values: rows },
    { name: "truth", type: "int32", values: truths },
    { name: "predicted", type: "int32", values: predictedClasses(probabilities, classes.length, threshold) },
    ...classes.map((name, code) => ({ name: `probability:${name}`, type: "double" as const, values: probabilityOf(code) })),
  ]);
  return artifacts.put(bytes, mediaTypes.parquet);
}
