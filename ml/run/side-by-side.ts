import { differences } from "../differences.ts";
import type { Metrics } from "../evaluate/schema.ts";
import type { History } from "../train/schema.ts";
import { stageOf } from "./plan-retry.ts";
import type { RunRecord } from "./schema.ts";

/** A run and what it left to be compared; null where it did not come so far. */
export interface ComparableRun {
  record: RunRecord;
  metrics: Metrics | null;
  history: History | null;
}

export interface SeenRun {
  runId: string;
  pipeline: string;
  status: RunRecord["status"];
  epochs: {
    epoch: number;
    train: { loss: number; accuracy: number };
    validation: { loss: number; accuracy: number } | null;
  }[];
}

/** A metric with its 95 % interval, where one was drawn. */
export interface MetricCell {
  value: number;
  interval: readonly [number, number] | null;
}

/** Runs in the order they were named; `values` are in that order, null or absent where a run lacks one. */
export interface RunsSideBySide {
  runs: SeenRun[];
  /** Whether all were tested on the same rows of the same data. */
  isSameTest: boolean;
  metrics: { name: string; values: (MetricCell | null)[] }[];
  /** Settings, by dotted name, in which not all agree. */
  settings: { key: string; values: unknown[] }[];
}

const measured = ["accuracy", "balancedAccuracy", "macroF1", "auc", "averagePrecision", "loss"] as const;

/** Several runs over each other. */
export function sideBySide(runs: readonly ComparableRun[]): RunsSideBySide {
  const parts = ["test", "validation"] as const;
  const metrics = parts.flatMap((part) =>
    measured.map((name) => ({ name: `${part}.${name}`, values: runs.map((run) => cellOf(run, part, name)) })),
  );
  return {
    runs: runs.map(seen),
    isSameTest: new Set(runs.map(testedOn)).size === 1,
    metrics: metrics.filter(({ values }) => values.some((value) => value !== null)),
    settings: settingsOf(runs),
  };
}

function seen({ record, history }: ComparableRun): SeenRun {
  const { runId, pipeline, status } = record;
  const epochs = (history?.epochs ?? []).map(({ epoch, train, validation }) => ({
    epoch,
    train: { loss: train.loss, accuracy: train.accuracy },
    validation: validation && { loss: validation.loss, accuracy: validation.accuracy },
  }));
  return { runId, pipeline: pipeline.name, status, epochs };
}

function cellOf({ metrics }: ComparableRun, part: "test" | "validation", name: (typeof measured)[number]): MetricCell | null {
  const value = metrics?.[part]?.[name];
  if (typeof value !== "number") return null;
  return { value, interval: metrics?.[part]?.intervals[name] ?? null };
}

/** What decides which rows are tested: the data and the split of it. */
function testedOn({ record }: ComparableRun): string {
  const { dataset, split } = stageOf(record, "evaluate")?.inputs ?? {};
  return JSON.stringify([dataset?.sha256, split?.sha256]);
}

function settingsOf(runs: readonly ComparableRun[]): RunsSideBySide["settings"] {
  const [first, ...others] = runs.map(({ record }) => record.pipeline);
  const keys = new Set(others.flatMap((other) => differences(first, other).map(({ key }) => key)));
  return [...keys].map((key) => ({ key, values: runs.map(({ record }) => valueAt(record.pipeline, key)) }));
}

/** The leaf of this dotted name; undefined where there is none. */
function valueAt(value: unknown, key: string): unknown {
  const found = key.split(".").reduce<unknown>((at, name) => {
    const isHolder = typeof at === "object" && at !== null && Object.hasOwn(at, name);
    return isHolder ? (at as Record<string, unknown>)[name] : undefined;
  }, value);
  return typeof found === "object" && found !== null ? undefined : found;
}
