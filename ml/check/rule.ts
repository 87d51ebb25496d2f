import type { Dataset, Samples } from "../ingest/schema.ts";
import type { ImageStatistics } from "./image-statistics.ts";
import type { RuleName, Severity } from "./schema.ts";

/** All that rules may look at. */
export interface CheckFacts {
  dataset: Pick<Dataset, "classes" | "columns" | "unreadable" | "rowCount" | "height" | "width" | "channels">;
  samples: Samples;
  images: ImageStatistics;
  /** Rows of each class, by code. */
  classCounts: readonly number[];
  /** Sets of two or more rows with equal pixels. */
  duplicateSets: readonly (readonly number[])[];
}

/** What a rule found. */
export interface Finding {
  /** Compared with the threshold. */
  value: number;
  /** Whether the value is beyond the threshold. */
  beyond: boolean;
  /** One sentence with the numbers in it. */
  message: string;
  /** All rows concerned, in order. */
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
  find(facts: CheckFacts, threshold: number): Finding;
}
