import { averageBlocks } from "./average-blocks.ts";

const side = 32;
const kept = 8;

/** Cosines of the two-dimensional DCT-II, [frequency × position]. */
const cosines = Float64Array.from({ length: kept * side }, (_, i) =>
  Math.cos((Math.PI * Math.floor(i / side) * (2 * (i % side) + 1)) / (2 * side)),
);

/**
 * The 64-bit perceptual hash of a grey image: which of the 8 × 8 lowest frequencies of its 32 × 32 reduction lie above their median. Scaling,
 * compression and changes of brightness move few bits.
 *
 * @param grey [height, width], both at least 32
 * @see Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions", section 3.2.1 (DCT-based hash)
 */
export function perceptualHash(grey: Float32Array, height: number, width: number): bigint {
  const reduced = averageBlocks(grey, { height, width }, [side, side]);
  const rowFrequencies = new Float64Array(side * kept); // [row, horizontal frequency]
  for (let row = 0; row < side; row++) {
    for (let k = 0; k < kept; k++) {
      let sum = 0;
      for (let x = 0; x < side; x++) sum += reduced[row * side + x]! * cosines[k * side + x]!;
      rowFrequencies[row * kept + k] = sum;
    }
  }
  const frequencies = new Float64Array(kept * kept);
  for (let v = 0; v < kept; v++) {
    for (let k = 0; k < kept; k++) {
      let sum = 0;
      for (let row = 0; row < side; row++) sum += rowFrequencies[row * kept + k]! * cosines[v * side + row]!;
      frequencies[v * kept + k] = sum;
    }
  }
  const sorted = frequencies.toSorted();
  const median = (sorted[kept * 4 - 1]! + sorted[kept * 4]!) / 2;
  let hash = 0n;
  for (const frequency of frequencies) hash = (hash << 1n) | (frequency > median ? 1n : 0n);
  return hash;
}
