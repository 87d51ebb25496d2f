/** A reduction by this much or more is done in two steps, the first of which averages whole blocks of rows: margins would be averaged with it. */
const oneStepBelow = 4;

/** Rows that the widest kernel (lanczos3) reaches beyond an edge for each row that the reduction makes one of, and two for rounding. */
const [reachPerRow, reachBeyond] = [4, 2];

/** Fractions of a row that are exact in binary and in the fixed point that coefficients are looked up with. */
const exactFraction = 64;

/** Rows of its own edge that an image needs above and below it. */
export interface StackMargin {
  rows: number;
  /** What the reduction makes of them. */
  reducedRows: number;
}

/**
 * The margin with which images that stand one upon the other are reduced in height as each would be alone, to the bit: none reaches into
 * another, and each begins on a whole row before and after, so that all have the same coefficients. Null where that is not so: where the
 * image grows, shrinks to a quarter or less, or by a ratio that is not exact in binary (113 to 75 rows), so that rounding would depend on
 * the place in the stack.
 *
 * @see libvips, libvips/resample/reducev.cpp and resize.c
 */
export function stackMargin(height: number, reducedHeight: number): StackMargin | null {
  const ratio = height / reducedHeight;
  const isExact = Number.isInteger(ratio * exactFraction) && 1 / (1 / ratio) === ratio;
  if (ratio < 1 || ratio >= oneStepBelow || !isExact) return null;
  let reducedRows = Math.ceil((reachPerRow * ratio + reachBeyond) / ratio);
  while (!Number.isInteger(reducedRows * ratio)) reducedRows++;
  return { rows: reducedRows * ratio, reducedRows };
}
