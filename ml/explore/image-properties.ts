import { partNames } from "../ingest/schema.ts";
import { partCodes } from "../split/schema.ts";
import { etaSquared } from "../stats/association.ts";
import { describe } from "../stats/describe.ts";
import { binCounts, equalEdges } from "../stats/histogram.ts";
import type { PropertyTable } from "./image-statistics.ts";
import type { ImageProperty } from "./schema.ts";

const binCount = 40;
export const propertyNames = ["brightness", "contrast", "sharpness"] as const;

/** How the properties of images are distributed by part, over common bins, and what each says about the class alone. Yields after each. */
export function* imageProperties(
  table: PropertyTable,
  split: Uint8Array,
  labels: Int32Array,
  classes: readonly string[],
): Generator<void, ImageProperty[]> {
  const found: ImageProperty[] = [];
  for (const name of propertyNames) {
    const values = table[name];
    const largest = values.reduce((most, value) => Math.max(most, value), 0);
    // Brightness always spans the whole scale, so that sets can be compared by eye.
    const edges = equalEdges(0, name === "brightness" ? 1 : largest || 1, binCount);
    const parts = partNames.map((part) => {
      const own = [...values].filter((_, row) => split[row] === partCodes[part]);
      const description = describe(own);
      return { part, counts: binCounts(own, edges), mean: description?.mean ?? 0, deviation: description?.deviation ?? 0 };
    });
    const labeled = [...labels.keys()].filter((row) => labels[row]! >= 0);
    found.push({
      name,
      edges,
      parts: parts.filter(({ counts }) => counts.some((value) => value > 0)),
      classMeans: classMeans(values, labels, classes.length),
      etaSquared: etaSquared(
        labeled.map((row) => values[row]!),
        labeled.map((row) => String(labels[row])),
      ),
    });
    yield;
  }
  return found;
}

/** Mean by class code; null where a class has no values. Values that are not finite are left out. */
export function classMeans(values: ArrayLike<number>, labels: Int32Array, classCount: number): (number | null)[] {
  const [sums, counts] = [new Float64Array(classCount), new Float64Array(classCount)];
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (label < 0 || !Number.isFinite(values[row])) continue;
    sums[label]! += values[row]!;
    counts[label]! += 1;
  }
  return [...sums].map((sum, code) => (counts[code] === 0 ? null : sum / counts[code]!));
}
