/** Thumbnails are grey, with so many rows and columns. */
export const thumbnailSide = 8;
const thumbnailSize = thumbnailSide ** 2;
const neighborCount = 10;
/** Rows compared with; more than that say the same, and all with all would be quadratic. */
const mostReferences = 500;

/**
 * Mean Euclidean distance of each row's thumbnail to the ten nearest among the others, or among five hundred of them spread over the set.
 * Linear in the number of rows. Rows of fewer than two: 0.
 *
 * @param thumbnails shape [rows, 64]
 */
export function neighborDistances(thumbnails: Uint8Array): Float64Array {
  const rowCount = thumbnails.length / thumbnailSize;
  const step = Math.max(1, rowCount / mostReferences);
  const references = Array.from({ length: Math.min(rowCount, mostReferences) }, (_, i) => Math.floor(i * step));
  const kept = Math.min(neighborCount, references.length - 1);
  const distances = new Float64Array(rowCount);
  if (kept < 1) return distances;
  const nearest = new Float64Array(kept);
  for (let row = 0; row < rowCount; row++) {
    nearest.fill(Number.POSITIVE_INFINITY);
    for (const reference of references) {
      if (reference === row) continue;
      const squared = squaredDistance(thumbnails, row * thumbnailSize, reference * thumbnailSize, nearest[kept - 1]!);
      if (squared < nearest[kept - 1]!) insert(nearest, squared);
    }
    for (const squared of nearest) distances[row]! += Math.sqrt(squared) / kept;
  }
  return distances;
}

/** Stops, with a value that is too large anyway, once it is beyond the limit. */
function squaredDistance(values: Uint8Array, a: number, b: number, limit: number): number {
  let sum = 0;
  for (let start = 0; start < thumbnailSize && sum < limit; start += 16) {
    for (let i = start; i < start + 16; i++) {
      const difference = values[a + i]! - values[b + i]!;
      sum += difference * difference;
    }
  }
  return sum;
}

/** Puts a value into a sorted array in place of its largest. */
function insert(sorted: Float64Array, value: number): void {
  let at = sorted.length - 1;
  while (at > 0 && sorted[at - 1]! > value) {
    sorted[at] = sorted[at - 1]!;
    at--;
  }
  sorted[at] = value;
}
