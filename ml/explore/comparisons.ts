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

/** Drift (image properties, labels, columns) and leaks (groups, images) between each two parts that have rows. */
export function compareParts(
  samples: Samples,
  split: Uint8Array,
  properties: PropertyTable,
  columns: readonly { name: string; type: string }[],
): Comparison[] {
  const rowsOf = (part: PartName) => [...split.keys()].filter((row) => split[row] === partCodes[part]);
  return pairs.flatMap(([part, against]) => {
    const [own, other] = [rowsOf(part), rowsOf(against)];
    if (own.length === 0 || other.length === 0) return [];
    const entry = (name: string, measure: Comparison["measure"], value: number | null): Comparison => {
      const threshold = thresholds[measure];
      return {
        name,
        part,
        against,
        measure,
        value,
        threshold,
        verdict: value === null ? "unknown" : value > threshold ? "over" : "fine",
      };
    };
    const shared = (values: readonly string[]) => {
      const known = new Set(other.map((row) => values[row]!));
      return new Set(own.map((row) => values[row]!).filter((value) => value !== "" && known.has(value))).size;
    };
    const labels = Array.from(samples.label, (label) => (label < 0 ? null : String(label)));
    return [
      entry("groups", "shared groups", shared(samples.group)),
      entry("identical images", "shared images", shared(samples.sha256)),
      entry("label", "Cramér's V", wordDrift(labels, own, other)),
      ...propertyNames.map((name) => entry(name, "Kolmogorov–Smirnov", numberDrift(properties[name], own, other))),
      ...columns.flatMap(({ name, type }) => {
        const values = samples.columns[name] ?? [];
        if (type === "number") return [entry(name, "Kolmogorov–Smirnov", numberDrift(values, own, other))];
        const isName = new Set(values).size > valueLimit;
        return isName ? [] : [entry(name, "Cramér's V", wordDrift(values, own, other))];
      }),
    ];
  });
}
