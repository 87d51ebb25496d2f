import { canonicalJson } from "../canonical-json.ts";
import type { RuleSettings } from "../check/schema.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Stage } from "../stages.ts";
import { seededStages, stages } from "../stages.ts";

/** What each stage reads of a pipeline: exactly what enters its ledger key. */
export const stageParameters: Readonly<Record<Stage, (pipeline: Pipeline) => unknown>> = {
  // Paths never enter a ledger key: moving a folder reuses everything.
  ingest: ({ ingest, dataset: { path: _path, ...reading } }) => ({ ingest, dataset: reading }),
  // Label noise is looked for by explore, once there is a split.
  check: ({ check: { labelNoise: _labelNoise, ...check }, dataset: { key, label, group } }) => ({ ...check, key, label, group }),
  split: ({ split }) => split,
  normalize: ({ normalize }) => normalize,
  encode: ({ encode }) => encode,
  augment: ({ augment }) => augment,
  explore: ({ explore, check }) => ({ ...explore, ...(check.labelNoise ? { labelNoise: labelNoiseSettings(check) } : {}) }),
  train: ({ train, model }) => ({ train, model }),
  evaluate: ({ evaluate, model, train: { classWeights } }) => ({ evaluate, model, classWeights }),
  register: ({
    name: pipelineName,
    register: { name = pipelineName, formats },
    dataset: { licence = null },
    ingest: { resize, kernel, reader },
  }) => ({
    name,
    licence,
    formats,
    preprocessing: { resize, kernel, ...(reader === undefined ? {} : { reader }) },
  }),
};

/** What of the check's settings is about label noise; of several the last counts. */
function labelNoiseSettings({ rules, waive, prevalence }: Pipeline["check"]) {
  const entries = (Array.isArray(rules) ? rules : [rules]) as readonly (string | RuleSettings)[];
  const own = entries.findLast((entry): entry is RuleSettings => typeof entry === "object" && "label-noise" in entry)?.[
    "label-noise"
  ];
  return { rules: own ? { "label-noise": own } : {}, waive: waive.filter(({ rule }) => rule === "label-noise"), prevalence };
}

/** Stages whose work differs between two pipelines, in their order; what depends on their results is not among them. */
export function changedStages(before: Pipeline, after: Pipeline): Stage[] {
  const isSeeded = (name: Stage) => (seededStages as readonly Stage[]).includes(name);
  const read = (name: Stage, pipeline: Pipeline) =>
    canonicalJson([
      stageParameters[name](pipeline),
      isSeeded(name) ? pipeline.seed : null,
      // The policy of promotion is in no key: it is decided anew each time.
      name === "register" ? pipeline.register : null,
    ]);
  return stages.filter((name) => read(name, before) !== read(name, after));
}
