import type { ImageSample } from "./image-source.ts";

/** Samples of rows that have no names of their own: ids are `<prefix>/<row>`, labels are codes. */
export function numberedSamples(
  { firstRow, rows }: { firstRow: number; rows: number },
  labels: ArrayLike<number>,
  { part, prefix }: { part: string; prefix: string },
): ImageSample[] {
  return Array.from({ length: rows }, (_, i) => ({
    id: `${prefix}/${firstRow + i}`,
    label: labels[firstRow + i] ?? -1,
    part,
    group: "",
  }));
}
