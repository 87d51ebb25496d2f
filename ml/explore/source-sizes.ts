import type { Samples } from "../ingest/schema.ts";
import { histogramOf } from "../stats/histogram.ts";
import type { SourceSizes } from "./schema.ts";

const binCount = 40;
const listedSizes = 10;

/** How large image files were before they were resized, EXIF rotation applied; null where rows are no image files of their own. */
export function summarizeSourceSizes({ sourceSizes }: Pick<Samples, "sourceSizes">): SourceSizes | null {
  if (!sourceSizes) return null;
  const { heights, widths } = sourceSizes;
  const counts = new Map<string, { height: number; width: number; images: number }>();
  for (const [row, height] of heights.entries()) {
    const width = widths[row]!;
    const known = counts.get(`${height} ${width}`);
    if (known) known.images += 1;
    else counts.set(`${height} ${width}`, { height, width, images: 1 });
  }
  const sides = histogramOf(
    Array.from(heights, (height, row) => Math.sqrt(height * widths[row]!)),
    binCount,
  );
  const aspects = histogramOf(
    Array.from(heights, (height, row) => widths[row]! / height),
    binCount,
  );
  if (!sides || !aspects) return null;
  const commonest = [...counts.values()].toSorted((a, b) => b.images - a.images || a.height - b.height || a.width - b.width);
  return { sides, aspects, distinct: counts.size, commonest: commonest.slice(0, listedSizes) };
}
