/** Thumbnails are grey, with so many rows and columns. */
export const thumbnailSide = 8;
const thumbnailSize = thumbnailSide ** 2;
const neighborCount = 10;
/** Rows compared with; more than that say the same, and all with all would be quadratic. */
const mostReferences = 500;

/** The thumbnails most like each row's, by Euclidean distance. */
export interface NearestNeighbors {
  /** Rows that were compared with. */
  references: readonly number[];
  /** Their rows, the nearest first; shape [rows, count]. */
  rows: Int32Array;
  /** Of each row: ten, or all others where there are fewer. */
  count: number;
  /** Mean distance to them; 0 where there are none. Shape [rows]. */
  distances: Float64Array;
}

/**
 * The ten nearest of each row among the others, or among five hundred of them spread over the set. Linear in the number of rows; yields after each.
 * @param thumbnails shape [rows, 64]
 */
export function* nearestNeighbors(thumbnails: Uint8Array): Generator<void, NearestNeighbors> {
  const rowCount = thumbnails.length / thumbnailSize;
  const step = Math.max(1, rowCount / mostReferences);
  const references = Array.from({ length: Math.min(rowCount, mostReferences) }, (_, i) => Math.floor(i * step));
  const kept = Math.min(neighborCount, references.length - 1);
  const distances = new Float64Array(rowCount);
  if (kept < 1) return { references, rows: new Int32Array(0), count: 0, distances };
  const rows = new Int32Array(rowCount * kept);
  const nearest = new Float64Array(kept);
  for (let row = 0; row < rowCount; row++) {
    nearest.fill(Number.POSITIVE_INFINITY);
    const own = rows.subarray(row * kept, (row + 1) * kept);
    for (const reference of references) {
      if (reference === row) continue;
      const squared = squaredDistance(thumbnails, row * thumbnailSize, reference * thumbnailSize, nearest[kept - 1]!);
      if (squared < nearest[kept - 1]!) insert(nearest, own, squared, reference);
    }
    for (const squared of nearest) distances[row]! += Math.sqrt(squared) / kept;
    yield;
  }
  return { references, rows, count: kept, distances };
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

/** Puts a value into a sorted array in place of its largest, and its row beside it. */
function insert(sorted: Float64Array, rows: Int32Array, value: number, row: number): void {
  let at = sorted.length - 1;
  while (at > 0 && sorted[at - 1]! > value) {
    sorted[at] = sorted[at - 1]!;
    rows[at] = rows[at - 1]!;
    at--;
  }
  sorted[at] = value;
  rows[at] = row;
}
