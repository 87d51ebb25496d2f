import type { ArtifactRef } from "../artifact.ts";
import type { Pipeline } from "../pipeline.ts";
import { differences } from "../differences.ts";
import type { Stage } from "../stages.ts";
import { seededStages } from "../stages.ts";
import { hasResult, stageOf } from "./plan-retry.ts";
import type { EarlierTraining, RunRecord } from "./schema.ts";
import { stageParameters } from "./stage-parameters.ts";
import { whyBoundToEpochs } from "../train/prolonging.ts";

/** What a run of a pipeline file would do with a stage, and why. */
export interface StageForecast {
  stage: Stage;
  /** `skip`: the run was asked to end before it. */
  action: "reuse" | "run" | "skip";
  why: string;
  /** The run whose result is reused. */
  madeBy: string | null;
  /** Of a training: the earlier run's checkpoint that it goes on from. */
  continuedFrom?: EarlierTraining;
  /** Of the run that is tested on a fold: which one, from 1 on. */
  fold?: number;
  /** Estimated from what the stage took before; 0 where nothing is done, null where it never ran. */
  seconds: number | null;
}

/** Work whose result is not in the ledger. */
export interface NewWork {
  stage: Stage;
  pipeline: Pipeline;
  inputs: Readonly<Record<string, ArtifactRef>>;
}

/** Values named before the rest is counted. */
const shownChanges = 3;

/** Why work has to be done, beside the newest earlier run in which the stage has a result. */
export function whyNew({ stage, pipeline, inputs }: NewWork, earlier: readonly RunRecord[]): string {
  const before = earlier.find((record) => hasResult(stageOf(record, stage)));
  if (!before) return "it has never run";
  const changes = changedValues(stage, before.pipeline, pipeline);
  const [shown, left] = [changes.slice(0, shownChanges), changes.length - shownChanges];
  const reasons = [...shown, ...(left > 0 ? [`${left} more values changed`] : [])];
  const seedMatters = (seededStages as readonly Stage[]).includes(stage);
  if (seedMatters && before.pipeline.seed !== pipeline.seed) reasons.push(`seed ${before.pipeline.seed} → ${pipeline.seed}`);
  const old = stageOf(before, stage)?.inputs ?? {};
  const others = Object.keys({ ...old, ...inputs }).filter((name) => old[name]?.sha256 !== inputs[name]?.sha256);
  const bound =
    stage === "train" && before.pipeline.train.epochs < pipeline.train.epochs ? whyBoundToEpochs(pipeline.train) : null;
  if (bound !== null) reasons.push(`begins anew: ${bound}`);
  if (others.length > 0) reasons.push(`another ${others.join(", ")}`);
  return reasons.length === 0 ? "its result is no longer in the store" : `${reasons.join("; ")} (since run ${before.runId})`;
}

function changedValues(stage: Stage, before: Pipeline, after: Pipeline): string[] {
  const say = (value: unknown) => (value === undefined ? "none" : JSON.stringify(value));
  return differences(stageParameters[stage](before), stageParameters[stage](after)).map(
    ({ key, a, b }) => `${key} ${say(a)} → ${say(b)}`,
  );
}

/**
 * Seconds a stage took in the newest earlier run in which it did its work; a training's by its epochs.
 * @param epochsDone epochs that the training does not do again
 */
export function expectedSeconds(stage: Stage, { train }: Pipeline, earlier: readonly RunRecord[], epochsDone = 0): number | null {
  for (const record of earlier) {
    const { status, seconds = 0, summary, continuedFrom } = stageOf(record, stage) ?? {};
    if (status !== "ran" || seconds <= 0) continue;
    if (stage !== "train") return seconds;
    const { epochs = record.pipeline.train.epochs } = summary as { epochs?: number };
    const trained = epochs - (continuedFrom?.epoch ?? 0);
    if (trained > 0) return (seconds / trained) * (train.epochs - epochsDone);
  }
  return null;
}
