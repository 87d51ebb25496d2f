import type { ModelCard } from "../../reports/model-card.ts";
import { sampleReport } from "./sample-evaluation.ts";

export function sampleModelCard(classes: readonly string[], changes: Partial<ModelCard> = {}): ModelCard {
  const { runId, pipelineName, seed, environment, evaluation, history, dataset, modelSummary } = sampleReport(classes);
  return {
    name: "digits",
    version: 3,
    runId,
    pipelineName,
    seed,
    environment,
    evaluation,
    history,
    dataset,
    ...(modelSummary && { modelSummary }),
    slices: [
      {
        column: "site",
        value: "<b>north</b>",
        rows: 40,
        accuracy: 0.7,
        interval: [0.55, 0.82],
        balancedAccuracy: 0.7,
        isWorse: true,
      },
      {
        column: "site",
        value: "south",
        rows: 260,
        accuracy: 0.95,
        interval: [0.92, 0.97],
        balancedAccuracy: 0.9,
        isWorse: false,
      },
    ],
    lineage: { dataset: "d".repeat(64), weights: "e".repeat(64) },
    training: { optimizer: "adam", "batch size": "32" },
    ...changes,
  };
}
