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
    training: { optimizer: "adam", "batch size": "32" },
    ...changes,
  };
}
