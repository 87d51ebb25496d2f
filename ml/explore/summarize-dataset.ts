import type { LabelNoise } from "../check/label-noise/schema.ts";
import type { CheckReport } from "../check/schema.ts";
import type { Dataset, Samples } from "../ingest/schema.ts";
import { findAlerts } from "./alerts.ts";
import { classBalance } from "./class-balance.ts";
import { columnProfile } from "./column-profile.ts";
import { compareParts } from "./comparisons.ts";
import { correlations } from "./correlations.ts";
import { findDuplicates } from "./duplicates.ts";
import { imageProperties } from "./image-properties.ts";
import type { ImageStatistics } from "./image-statistics.ts";
import type { ColumnProfile, Exploration, ImageMap } from "./schema.ts";
import { summarizeSourceSizes } from "./source-sizes.ts";

export interface ExploredDataset {
  dataset: Dataset;
  samples: Samples;
  /** Part code of each row; shape [rows]. */
  split: Uint8Array;
  /** Every image has been added. */
  statistics: ImageStatistics;
  map: ImageMap | null;
  check: CheckReport;
  labelNoise: LabelNoise | null;
}

/** Puts together what a data set looks like: pixels from the statistics, everything else from the table. Yields after each look at a column. */
export function* summarizeDataset({
  dataset,
  samples,
  split,
  statistics,
  map,
  check,
  labelNoise,
}: ExploredDataset): Generator<void, Exploration> {
  const { classes, rowCount, columns } = dataset;
  const label = Array.from(samples.label, (code) => (code < 0 ? null : (classes[code] ?? null)));
  const profiles: ColumnProfile[] = [];
  for (const column of columns) {
    profiles.push(columnProfile(column, samples.columns[column.name] ?? [], samples.label, classes));
    yield;
  }
  const named = columns.map((column) => ({ ...column, values: samples.columns[column.name] ?? [] }));
  const found = {
    rowCount,
    classes,
    balance: classBalance(samples, split, classes.length),
    pixels: statistics.pixels(),
    properties: yield* imageProperties(statistics.properties, split, samples.label, classes),
    sourceSizes: summarizeSourceSizes(samples),
    map,
    columns: profiles,
    correlations: yield* correlations(columns.length === 0 ? [] : [{ name: "class", type: "string", values: label }, ...named]),
    duplicates: findDuplicates(samples),
    comparisons: yield* compareParts(samples, split, statistics.properties, columns),
    check,
    labelNoise,
  };
  return { formatVersion: 1, alerts: findAlerts(found, dataset), ...found };
}
