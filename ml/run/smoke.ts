import { ruleSettings, withRuleSettings } from "../check/schema.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Stage } from "../stages.ts";

/** The last stage of a smoke run: it registers nothing. */
export const smokeUntil: Stage = "evaluate";

/**
 * The same pipeline on 200 images for one epoch: whether it works at all, in seconds. Only what so few images cannot keep is let go: the
 * size of classes, how many groups of each class a part must get, and cross-validation.
 */
export function smokePipeline(pipeline: Pipeline): Pipeline {
  const { ingest, split, train, check } = pipeline;
  const { folds: _folds, fold: _fold, ...withoutFolds } = split;
  return {
    ...pipeline,
    ingest: { ...ingest, maxImages: Math.min(200, ingest.maxImages ?? Infinity) },
    check: withRuleSettings(check, { "class-size": { ...ruleSettings(check)["class-size"], severity: "info" } }),
    split: { ...withoutFolds, minimumGroups: 1 },
    train: { ...train, epochs: 1 },
  };
}
