/**
 * Sums of the products of each two values of an image, without any rounding: the order of images and the cut into shards change nothing.
 * Takes 8 bytes for each two values, twice, and time in proportion to their number for each image.
 */
export class ExactProducts {
  readonly #size: number;
  readonly #imagesBeforeFlush: number;
  /** Upper triangle, row by row: value i times value j ≥ i. */
  readonly #pending: Float64Array;
  readonly #totals: BigInt64Array;
  readonly #sums: Float64Array;
  #count = 0;

  /**
   * @param size values of an image
   * @param largest of the values, at most 65535: sums of 2^31 images fit
   */
  constructor(size: number, largest: number) {
    this.#size = size;
    this.#imagesBeforeFlush = Math.floor(Number.MAX_SAFE_INTEGER / largest ** 2);
    this.#pending = new Float64Array((size * (size + 1)) / 2);
    this.#totals = new BigInt64Array(this.#pending.length);
    this.#sums = new Float64Array(size);
  }

  add(image: Uint8Array | Uint16Array): void {
    const [size, pending] = [this.#size, this.#pending];
    for (let i = 0, at = 0; i < size; at += size - i, i++) {
      const value = image[i]!;
      if (value === 0) continue;
      this.#sums[i]! += value;
      for (let j = i; j < size; j++) pending[at + j - i]! += value * image[j]!;
    }
    this.#count++;
    if (this.#count % this.#imagesBeforeFlush === 0) this.#flush();
  }

  /**
   * Covariance of the values, each about the mean of its channel as Keras centers them; population, i.e. divided by the number of images.
   * Yields after each of its rows.
   *
   * @param channels of the images; values of one pixel lie side by side
   * @returns the channels' means, and the symmetric matrix, shape [values, values]
   */
  *covariance(channels: number): Generator<void, { mean: number[]; covariance: Float64Array }> {
    this.#flush();
    const size = this.#size;
    const images = BigInt(this.#count);
    const perChannel = images * BigInt(size / channels);
    const sums = Array.from(this.#sums, BigInt);
    const channelSums = Array.from({ length: channels }, (_, channel) =>
      sums.reduce((total, sum, i) => (i % channels === channel ? total + sum : total), 0n),
    );
    const divisor = Number(images * perChannel ** 2n);
    const covariance = new Float64Array(size * size);
    for (let i = 0, at = 0; i < size; i++) {
      const own = channelSums[i % channels]!;
      for (let j = i; j < size; j++, at++) {
        const other = channelSums[j % channels]!;
        const crossed = sums[i]! * other + sums[j]! * own;
        const exact = perChannel * (perChannel * this.#totals[at]! - crossed) + images * own * other;
        covariance[i * size + j] = covariance[j * size + i] = Number(exact) / divisor;
      }
      yield;
    }
    return { mean: channelSums.map((sum) => Number(sum) / Number(perChannel)), covariance };
  }

  #flush(): void {
    for (const [at, value] of this.#pending.entries()) this.#totals[at]! += BigInt(value);
    this.#pending.fill(0);
  }
}
