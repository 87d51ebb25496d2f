import { evaluatePredictions } from "../../ml/evaluate/evaluate.ts";
import type { Evaluation } from "../../ml/evaluate/schema.ts";
import { evaluateParametersSchema } from "../../ml/evaluate/schema.ts";
import { randomStream } from "../../ml/random.ts";
import type { History } from "../../ml/train/schema.ts";
import type { EvaluationReport } from "../../reports/evaluation-report.ts";

/** A picture of one pixel. */
export const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==";

/** An evaluation of predictions that are right more often than not. */
export function sampleEvaluation(classes: readonly string[], rowCount = 300): Evaluation {
  const random = randomStream(5, "reports");
  const truths = Int32Array.from({ length: rowCount }, (_, row) => row % classes.length);
  const probabilities = new Float32Array(rowCount * classes.length);
  for (let row = 0; row < rowCount; row++) {
    const scores = classes.map((_, code) => random() + (code === truths[row] ? 0.6 : 0));
    const total = scores.reduce((sum, score) => sum + score, 0);
    for (const [code, score] of scores.entries()) probabilities[row * classes.length + code] = score / total;
  }
  return evaluatePredictions({
    classes,
    truths,
    probabilities,
    rows: truths.map((_, row) => row),
    loss: 0.5,
    seed: 1,
    parameters: { ...evaluateParametersSchema.parse({}), bootstrapDraws: 50 },
  });
}

/** An epoch's record with plausible numbers. */
function epochRecord(epoch: number): History["epochs"][number] {
  const score = { loss: 1 / epoch, accuracy: 1 - 0.5 / epoch };
  return {
    epoch,
    train: score,
    validation: { ...score, balancedAccuracy: null, auc: null },
    learningRate: 0.001,
  };
}

export function sampleReport(classes: readonly string[], changes: Partial<EvaluationReport> = {}): EvaluationReport {
  const evaluation = sampleEvaluation(classes);
  return {
    runId: "20260101-000000-abc",
    pipelineName: "digits",
    seed: 1,
    environment: { tensorflow: "2.21.0", threads: "2" },
    evaluation,
    validation: sampleEvaluation(classes, 120),
    history: {
      formatVersion: 1,
      epochs: [1, 2, 3, 4].map(epochRecord),
      bestEpoch: 3,
      stoppedEarly: true,
      engine: "graph",
      trainEval: { loss: 0.2, accuracy: 0.95 },
      environment: {},
    },
    dataset: {
      name: "digits",
      classes,
      rows: 1000,
      splitSizes: { train: 580, validation: 120, test: 300 },
      sha256: "ab".repeat(32),
      licence: null,
      shape: "28 × 28 × 1, uint8",
    },
    leaks: { groups: 0, exactDuplicates: 0, reasons: [] },
    mistakes: evaluation.worstMistakes.slice(0, 6).map((mistake) => ({
      dataUri: `data:image/png;base64,${pixel}`,
      width: 1,
      height: 1,
      ...mistake,
      id: `test/${mistake.row}`,
    })),
    slices: [
      { column: "sex", value: "unknown", rows: 30, accuracy: 0.5, interval: [0.3, 0.6], balancedAccuracy: null, isWorse: true },
      {
        column: "sex",
        value: "<b>female</b>",
        rows: 90,
        accuracy: 0.9,
        interval: [0.8, 0.95],
        balancedAccuracy: 0.9,
        isWorse: false,
      },
    ],
    modelSummary: {
      layers: [{ name: "dense", type: "Dense", outputShape: [10], parameterCount: 7850 }],
      parameterCount: 7850,
      trainableCount: 7850,
      nonTrainableCount: 0,
    },
    ...changes,
  };
}
