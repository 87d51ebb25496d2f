import type { Dataset, DatasetReading, Samples } from "../ingest/schema.ts";
import type { OutOfFold } from "./label-noise/suspicious-labels.ts";
import type { ImageStatistics } from "./image-statistics.ts";
import type { NearestNeighbors } from "./nearest-neighbors.ts";
import type { CheckParameters, RuleName, Severity } from "./schema.ts";

export type ColumnNames = Pick<DatasetReading, "key" | "label" | "group">;

/** All that rules may look at. */
export interface CheckFacts {
  dataset: Pick<Dataset, "classes" | "columns" | "unreadable" | "rowCount" | "height" | "width" | "channels">;
  samples: Samples;
  images: ImageStatistics;
  /** Rows of each class, by code. */
  classCounts: readonly number[];
  /** Sets of two or more rows with equal pixels. */
  duplicateSets: readonly (readonly number[])[];
  /** The images most like each. */
  neighbors: NearestNeighbors;
  /** Pairs of different images that look alike, smaller row first. */
  lookAlikes: readonly (readonly [number, number])[];
  /** What the pipeline file expects of columns, by name. */
  expected: NonNullable<CheckParameters["columns"]>;
  /** Columns of the source's table that became id, label and group. */
  names: ColumnNames;
  /** Where a model was trained for it: the probabilities of rows of the train part. */
  outOfFold?: OutOfFold;
}

/** What a rule found. */
export interface Finding {
  /** Compared with the threshold. */
  value: number;
  /** Whether the value is beyond the threshold. */
  beyond: boolean;
  /** One sentence with the numbers in it. */
  message: string;
  /** All rows concerned: the worst first where the rule has a score, else in order. */
  rows: readonly number[];
}

/** One question to a data set. Each stands in a file of its own, `rules/<name>.ts`. */
export interface Rule {
  name: RuleName;
  severity: Severity;
  /** Its meaning stands with the rule. */
  threshold: number;
  /** Beyond this value a rule that only warns fails nevertheless, unless the pipeline file sets its severity. */
  failBeyond?: number;
  /** Rules about how single images look are demoted to info where they flag too large a share of rows. */
  aboutImages?: boolean;
  /** Asked only where there are probabilities out of fold, and then alone. */
  needsOutOfFold?: boolean;
  find(facts: CheckFacts, threshold: number): Finding;
}
