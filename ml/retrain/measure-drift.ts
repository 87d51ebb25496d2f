import type { ImageStatistics } from "../check/image-statistics.ts";
import { cramersV } from "../stats/association.ts";
import { kolmogorovSmirnov } from "../stats/kolmogorov-smirnov.ts";

/** What drift is measured on: a data set at one time. */
export interface DatedData {
  classes: readonly string[];
  /** Class code of each row, -1 where there is none. */
  label: Int32Array;
  images: ImageStatistics;
}

/**
 * How far two data sets are apart, 0 to 1: the largest Kolmogorov–Smirnov distance of an image property, or the association of label and
 * time (Cramér's V with bias correction) where that is larger.
 * @see deepchecks, ImagePropertyDrift and LabelDrift
 */
export function measureDrift(before: DatedData, after: DatedData): number {
  const properties = ["brightestShare", "darkestShare", "information", "sharpness"] as const;
  const distances = properties.map((name) => kolmogorovSmirnov([...before.images[name]], [...after.images[name]]) ?? 0);
  const classes = [...new Set([...before.classes, ...after.classes])];
  const counts = [before, after].map((data) => countLabels(data, classes));
  return Math.max(...distances, cramersV(counts) ?? 0);
}

function countLabels({ classes: own, label }: DatedData, classes: readonly string[]): number[] {
  const counts = classes.map(() => 0);
  for (const code of label) if (code >= 0) counts[classes.indexOf(own[code]!)]! += 1;
  return counts;
}
