/** Means of the blocks of a grid laid over a picture; blocks that hold no pixel are 0. Shape [rows, columns]. */
export function averageBlocks(
  values: ArrayLike<number>,
  { height, width }: { height: number; width: number },
  [rows, columns]: readonly [number, number],
): Float32Array {
  const sums = new Float64Array(rows * columns);
  const counts = new Uint32Array(rows * columns);
  for (let y = 0; y < height; y++) {
    const line = Math.floor((y * rows) / height) * columns;
    for (let x = 0; x < width; x++) {
      const block = line + Math.floor((x * columns) / width);
      sums[block]! += values[y * width + x]!;
      counts[block]! += 1;
    }
  }
  return Float32Array.from(sums, (sum, block) => sum / Math.max(1, counts[block]!));
}
