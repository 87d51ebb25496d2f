import { augmentParametersSchema } from "../../ml/augment/schema.ts";
import { mediaTypes } from "../../ml/artifact.ts";
import type { ArtifactRef } from "../../ml/artifact.ts";
import { evaluatePredictions } from "../../ml/evaluate/evaluate.ts";
import type { Evaluation } from "../../ml/evaluate/schema.ts";
import { meanCrossEntropy, probabilitiesOf } from "../../ml/model/probabilities.ts";
import { trainParametersSchema } from "../../ml/train/schema.ts";
import type { EvaluateJob, EvaluateResult } from "../../ml/train/trainer-messages.ts";
import { encodeTable } from "../../storage/tables.ts";
import type { TrainerContext } from "../context.ts";
import { StopRequested } from "../context.ts";
import type { LoadedData } from "../data/load-data.ts";
import { labelsOf, loadData } from "../data/load-data.ts";
import type { Engine } from "../engine/engine.ts";
import { partLogits } from "./part-logits.ts";
import { weightsState } from "./weights-bytes.ts";

interface Answers {
  rows: Int32Array;
  truths: Int32Array;
  /** [rows, classes] */
  probabilities: Float32Array;
  evaluation: Evaluation;
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
    const engine = context.createEngine({
      model: job.model,
      data: loaded.data,
      normalizer: job.normalizer,
      encoder: job.encoder,
      seed: job.seed,
      // Nothing is trained here: these say so, and what they leave open is not read.
      augmentation: { formatVersion: 1, enabled: false, seed: job.seed, parameters: augmentParametersSchema.parse({}) },
      train: trainParametersSchema.parse({}),
    });
    try {
      await engine.restore(weightsState(engine.network, await context.artifacts.get(job.weights)));
      const test = await evaluatePart(job, context, { loaded, engine, part: "test" });
      const validation =
        loaded.parts.validation.length === 0 ? null : await evaluatePart(job, context, { loaded, engine, part: "validation" });
      context.report({ phase: "finishing" });
      return {
        predictions: await storePredictions(job, context, test),
        test: test.evaluation,
        validation: validation?.evaluation ?? null,
      };
    } finally {
      engine.dispose();
    }
  } finally {
    loaded.close();
  }
}

async function evaluatePart(
  job: EvaluateJob,
  context: TrainerContext,
  { loaded, engine, part }: { loaded: LoadedData; engine: Engine; part: "test" | "validation" },
): Promise<Answers> {
  const rows = loaded.parts[part];
  const { head, outputs } = engine.network;
  const logits = await partLogits(engine, rows, (done) => {
    context.report({ phase: "evaluating", step: done, steps: rows.length });
    if (context.stopRequested()) throw new StopRequested(null);
  });
  const truths = labelsOf(loaded.data, rows);
  const probabilities = probabilitiesOf(head, logits, outputs);
  const evaluation = evaluatePredictions({
    classes: job.dataset.classes,
    truths,
    probabilities,
    loss: meanCrossEntropy(head, logits, outputs, truths),
    groups: Array.from(rows, (row) => loaded.groups[row] ?? ""),
    rows,
    seed: job.seed,
    parameters: job.evaluate,
  });
  return { rows, truths, probabilities, evaluation };
}

async function storePredictions(
  { dataset: { classes } }: EvaluateJob,
  { artifacts }: TrainerContext,
  { rows, truths, probabilities, evaluation: { threshold } }: Answers,
): Promise<ArtifactRef> {
  const probabilityOf = (code: number) => Float32Array.from(rows, (_, i) => probabilities[i * classes.length + code]!);
  const bytes = encodeTable([
    { name: "row", type: "int32", values: rows },
    { name: "truth", type: "int32", values: truths },
    { name: "predicted", type: "int32", values: predictedCodes(probabilities, classes.length, threshold) },
    ...classes.map((name, code) => ({ name: `probability:${name}`, type: "double" as const, values: probabilityOf(code) })),
  ]);
  return artifacts.put(bytes, mediaTypes.parquet);
}

/** As the evaluation counts them: the likeliest class, or the second of two from the threshold on. */
function predictedCodes(probabilities: Float32Array, classCount: number, threshold: number | null): Int32Array {
  return Int32Array.from({ length: probabilities.length / classCount }, (_, row) => {
    if (threshold !== null) return probabilities[row * 2 + 1]! >= Math.fround(threshold) ? 1 : 0;
    const own = probabilities.subarray(row * classCount, (row + 1) * classCount);
    return own.reduce((best, value, code) => (value > own[best]! ? code : best), 0);
  });
}
