import type { PartName, Samples } from "../ingest/schema.ts";
import { partCodes } from "../split/schema.ts";
import { numberDrift, wordDrift } from "../stats/drift.ts";
import { propertyNames } from "./image-properties.ts";
import type { PropertyTable } from "./image-statistics.ts";
import type { Comparison } from "./schema.ts";

/** Effect sizes beyond which parts are said to differ, as Deepchecks has them for images. */
const thresholds = { "Kolmogorov–Smirnov": 0.2, "Cramér's V": 0.15, "shared groups": 0, "shared images": 0 } as const;
const pairs = [
  ["validation", "train"],
  ["test", "train"],
  ["test", "validation"],
] as const;
/** Words with more values than this are identifiers: they differ between parts by nature. */
const valueLimit = 50;

/** Drift (image properties, labels, columns) and leaks (groups, images) between each two parts that have rows. Yields after each. */
export function* compareParts(
  samples: Samples,
  split: Uint8Array,
  properties: PropertyTable,
  columns: readonly { name: string; type: string }[],
): Generator<void, Comparison[]> {
  const rowsOf = (part: PartName) => [...split.keys()].filter((row) => split[row] === partCodes[part]);
  const labels = Array.from(samples.label, (label) => (label < 0 ? null : String(label)));
  const comparisons: Comparison[] = [];
  for (const [part, against] of pairs) {
    const [own, other] = [rowsOf(part), rowsOf(against)];
    if (own.length === 0 || other.length === 0) continue;
    const add = (name: string, measure: Comparison["measure"], value: number | null): void => {
      const threshold = thresholds[measure];
      const verdict = value === null ? "unknown" : value > threshold ? "over" : "fine";
      comparisons.push({ name, part, against, measure, value, threshold, verdict });
    };
    add("groups", "shared groups", sharedValues(samples.group, own, other));
    add("identical images", "shared images", sharedValues(samples.sha256, own, other));
    add("label", "Cramér's V", wordDrift(labels, own, other));
    yield;
    for (const name of propertyNames) {
      add(name, "Kolmogorov–Smirnov", numberDrift(properties[name], own, other));
      yield;
    }
    for (const { name, type } of columns) {
      const values = samples.columns[name] ?? [];
      if (type === "number") add(name, "Kolmogorov–Smirnov", numberDrift(values, own, other));
      else if (new Set(values).size <= valueLimit) add(name, "Cramér's V", wordDrift(values, own, other));
      yield;
    }
  }
  return comparisons;
}

/** How many values both have. */
function sharedValues(values: readonly string[], own: readonly number[], other: readonly number[]): number {
  const known = new Set(other.map((row) => values[row]!));
  return new Set(own.map((row) => values[row]!).filter((value) => value !== "" && known.has(value))).size;
}
