/** Images whose products are added up at once; their values then stay near the processor. */
const imagesAtOnce = 32;

/** Values whose products with another are added up together: sums over one of them wait for each other. */
const valuesAtOnce = 4;

/**
 * Sums of the products of each two values of an image, without any rounding: the order of images and the cut into shards change nothing.
 * Takes 8 bytes for each two values, twice, and time in proportion to their number for each image.
 */
export class ExactProducts {
  readonly #size: number;
  readonly #imagesBeforeFlush: number;
  /** Images that were not multiplied yet, value by value: [size, imagesAtOnce]; zeros behind the last value. */
  readonly #waiting: Float64Array;
  #waitingCount = 0;
  /** Upper triangle, row by row: value i times value j ≥ i. */
  readonly #pending: Float64Array;
  #pendingCount = 0;
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
    this.#waiting = new Float64Array((size + valuesAtOnce) * imagesAtOnce);
    this.#pending = new Float64Array((size * (size + 1)) / 2);
    this.#totals = new BigInt64Array(this.#pending.length);
    this.#sums = new Float64Array(size);
  }

  /** Yields every few milliseconds where there is something to multiply. */
  *add(image: Uint8Array | Uint16Array): Generator<void, void> {
    for (let i = 0; i < this.#size; i++) {
      this.#sums[i]! += image[i]!;
      this.#waiting[i * imagesAtOnce + this.#waitingCount] = image[i]!;
    }
    this.#count++;
    this.#waitingCount++;
    if (this.#waitingCount === imagesAtOnce) yield* this.#multiply();
  }

  /**
   * Covariance of the values, each about the mean of its channel as Keras centers them; population, i.e. divided by the number of images.
   * Yields after each of its rows.
   *
   * @param channels of the images; values of one pixel lie side by side
   * @returns the channels' means, and the symmetric matrix, shape [values, values]
   */
  *covariance(channels: number): Generator<void, { mean: number[]; covariance: Float64Array }> {
    yield* this.#multiply();
    yield* this.#flush();
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

  *#multiply(): Generator<void, void> {
    const size = this.#size;
    if (this.#pendingCount + imagesAtOnce > this.#imagesBeforeFlush) yield* this.#flush();
    for (let i = 0, at = 0; i < size; at += size - i, i++) {
      addProducts(this.#waiting, i, this.#pending.subarray(at, at + size - i));
      if (i % 64 === 63) yield;
    }
    this.#pendingCount += imagesAtOnce;
    this.#waiting.fill(0);
    this.#waitingCount = 0;
  }

  *#flush(): Generator<void, void> {
    for (let at = 0; at < this.#pending.length; at++) {
      this.#totals[at]! += BigInt(this.#pending[at]!);
      if (at % 4096 === 4095) yield;
    }
    this.#pending.fill(0);
    this.#pendingCount = 0;
  }
}

/** @param sums of the products of value `i` with itself and each value behind it */
function addProducts(waiting: Float64Array, i: number, sums: Float64Array): void {
  const own = i * imagesAtOnce;
  for (let j = 0; j < sums.length; j += valuesAtOnce) {
    const other = own + j * imagesAtOnce;
    let first = 0;
    let second = 0;
    let third = 0;
    let fourth = 0;
    for (let image = 0; image < imagesAtOnce; image++) {
      const value = waiting[own + image]!;
      const at = other + image;
      first += value * waiting[at]!;
      second += value * waiting[at + imagesAtOnce]!;
      third += value * waiting[at + 2 * imagesAtOnce]!;
      fourth += value * waiting[at + 3 * imagesAtOnce]!;
    }
    // What is written behind the end of a typed array is dropped.
    sums[j]! += first;
    sums[j + 1]! += second;
    sums[j + 2]! += third;
    sums[j + 3]! += fourth;
  }
}
