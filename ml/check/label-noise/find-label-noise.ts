import type { Dataset, Samples } from "../../ingest/schema.ts";
import { partNames } from "../../ingest/schema.ts";
import { gatherFacts } from "../gather-facts.ts";
import { emptyStatistics } from "../image-statistics.ts";
import { runChecks } from "../run-checks.ts";
import type { GateParameters, RuleResult } from "../schema.ts";
import type { LabelNoise } from "./schema.ts";
import type { OutOfFold } from "./suspicious-labels.ts";
import { suspiciousLabels } from "./suspicious-labels.ts";

const listed = 1000;

/** Asks the rule label-noise, and lists what it suggests. In steps. */
export function* findLabelNoise(
  { dataset, samples, split }: { dataset: Dataset; samples: Samples; split: Uint8Array },
  outOfFold: OutOfFold,
  parameters: GateParameters,
): Generator<void, { results: RuleResult[]; labelNoise: LabelNoise }> {
  const { classes } = dataset;
  const facts = { ...(yield* gatherFacts(dataset, samples, emptyStatistics(0))), outOfFold };
  const found = suspiciousLabels(outOfFold, samples.label, classes.length);
  const suggestions = found.slice(0, listed).map(({ row, suggested, confidence }) => ({
    row,
    id: samples.id[row]!,
    part: partNames[split[row]!]!,
    label: classes[samples.label[row]!]!,
    suggested: classes[suggested]!,
    confidence,
  }));
  const labelNoise = { asked: outOfFold.rows.length, found: found.length, suggestions };
  const { results } = yield* runChecks(facts, parameters);
  return { results, labelNoise };
}
