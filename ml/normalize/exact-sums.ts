/**
 * Sums of integers and of their squares, by position, without any rounding: the order of rows and the cut into shards change nothing.
 * Float64 holds integers up to 2^53 exactly; what may exceed that is moved on in time.
 */
export class ExactSums {
  readonly #positions: number;
  readonly #valuesBeforeFlush: number;
  readonly #totals: { sum: bigint[]; squares: bigint[] };
  readonly #sum: Float64Array;
  readonly #squares: Float64Array;
  #pending = 0;
  #count = 0n;

  /**
   * @param positions how many sums are kept: one a channel, or one a value of an image
   * @param largest of the values, e.g. 255
   */
  constructor(positions: number, largest: number) {
    this.#positions = positions;
    this.#valuesBeforeFlush = Math.floor(Number.MAX_SAFE_INTEGER / largest ** 2);
    this.#totals = { sum: Array.from({ length: positions }, () => 0n), squares: Array.from({ length: positions }, () => 0n) };
    this.#sum = new Float64Array(positions);
    this.#squares = new Float64Array(positions);
  }

  /** Adds values whose position runs fastest: pixels [height, width, channels] for one sum a channel or one a value. */
  add(values: Uint8Array | Uint16Array): void {
    const [sum, squares] = [this.#sum, this.#squares];
    const perFlush = this.#valuesBeforeFlush * this.#positions;
    for (let start = 0; start < values.length; start += perFlush) {
      const end = Math.min(values.length, start + perFlush);
      const added = (end - start) / this.#positions;
      if (this.#pending + added > this.#valuesBeforeFlush) this.#flush();
      for (let i = start; i < end;) {
        for (let position = 0; position < this.#positions; position++, i++) {
          const value = values[i]!;
          sum[position]! += value;
          squares[position]! += value * value;
        }
      }
      this.#pending += added;
    }
  }

  /** Mean and population standard deviation at each position, as numpy's float64 computes them from the whole array. */
  moments(): { mean: number[]; deviation: number[] } {
    this.#flush();
    const count = this.#count;
    const mean = this.#totals.sum.map((sum) => ratio(sum, count));
    const deviation = this.#totals.squares.map((squares, position) => {
      const sum = this.#totals.sum[position]!;
      return Math.sqrt(ratio(count * squares - sum * sum, count * count));
    });
    return { mean, deviation };
  }

  #flush(): void {
    for (let position = 0; position < this.#positions; position++) {
      this.#totals.sum[position]! += BigInt(this.#sum[position]!);
      this.#totals.squares[position]! += BigInt(this.#squares[position]!);
    }
    this.#sum.fill(0);
    this.#squares.fill(0);
    this.#count += BigInt(this.#pending);
    this.#pending = 0;
  }
}

/** The quotient of two integers of any size, within one unit in the last place of float64. */
function ratio(numerator: bigint, denominator: bigint): number {
  if (denominator === 0n) return 0;
  const whole = numerator / denominator;
  const bits = 64n;
  const fraction = Number(((numerator % denominator) << bits) / denominator) / 2 ** 64;
  return Number(whole) + fraction;
}
