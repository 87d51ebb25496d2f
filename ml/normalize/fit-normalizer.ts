import { InvalidSplit } from "../errors.ts";
import { ExactSums } from "./exact-sums.ts";
import type { NormalizeParameters, Normalizer } from "./schema.ts";
import { ZcaWhitening } from "./zca-whitening.ts";

export interface StoredImages {
  height: number;
  width: number;
  channels: number;
  dtype: "uint8" | "uint16";
}

export interface FittedNormalizer {
  normalizer: Normalizer;
  /** Of `zca`: what images are multiplied by, [values, values]; it is kept apart, as large as it is. */
  whitening?: Float32Array | undefined;
}

/** Deviations and ranges below this divide nothing: the values do not vary. */
const smallestSpread = 1e-7;

/**
 * Fits a normalizer to images shown to it one after another, in any order, with integer sums: the same numbers for every cut into shards.
 * Show it training rows only; that is what keeps test and validation out of it.
 */
export class NormalizerFit {
  readonly #parameters: NormalizeParameters;
  readonly #largest: number;
  readonly #channels: number;
  readonly #sums: ExactSums | null;
  readonly #whitening: ZcaWhitening | null;
  readonly #range: { least: number[]; most: number[] };
  #rowCount = 0;

  /** @throws {InvalidConfiguration} where images are too large for the method */
  constructor(parameters: NormalizeParameters, { height, width, channels, dtype }: StoredImages) {
    const { method } = parameters;
    this.#parameters = parameters;
    this.#largest = dtype === "uint8" ? 255 : 65_535;
    this.#channels = channels;
    const positions = { channel: channels, pixel: height * width * channels };
    this.#sums = method === "channel" || method === "pixel" ? new ExactSums(positions[method], this.#largest) : null;
    this.#whitening = method === "zca" ? new ZcaWhitening({ height, width, channels }, this.#largest) : null;
    this.#range = {
      least: Array.from({ length: channels }, () => Infinity),
      most: Array.from({ length: channels }, () => -Infinity),
    };
  }

  /** Whether the pixels matter at all: `none`, `rescale` and `samplewise` follow from the dtype. */
  get readsPixels(): boolean {
    return this.#sums !== null || this.#whitening !== null || this.#parameters.method === "min-max";
  }

  /**
   * In steps of a few milliseconds.
   * @param image one training image, [height, width, channels]
   */
  *add(image: Uint8Array | Uint16Array): Generator<void, void> {
    this.#rowCount++;
    this.#sums?.add(image);
    if (this.#whitening) yield* this.#whitening.add(image);
    if (this.#parameters.method === "min-max") this.#widen(image);
  }

  /** Counts a training image whose pixels need not be read. */
  addUnread(): void {
    this.#rowCount++;
  }

  /**
   * What was fitted, in steps of a few milliseconds.
   * @throws {InvalidSplit} where there was no training image
   */
  *fitted(): Generator<void, FittedNormalizer> {
    if (this.#rowCount === 0)
      throw new InvalidSplit("normalize is fit on training rows, and the split has none; lower split.test");
    const { whitening, ...numbers } = yield* this.#numbers();
    const normalizer = { formatVersion: 1, method: this.#parameters.method, ...numbers, rowCount: this.#rowCount } as const;
    return { normalizer, whitening };
  }

  *#numbers(): Generator<void, Pick<Normalizer, "offset" | "scale" | "deviation"> & Pick<FittedNormalizer, "whitening">> {
    const { method, deviation: divides = true, epsilon } = this.#parameters;
    if (this.#sums) {
      const { mean, deviation } = this.#sums.moments();
      return { offset: mean, scale: divides ? deviation.map(inverse) : [1 / this.#largest] };
    }
    if (this.#whitening) {
      const { mean, whitening } = yield* this.#whitening.fit(this.#rowCount, epsilon);
      return { offset: mean, scale: [1 / this.#largest], whitening };
    }
    if (method === "min-max") {
      const { least, most } = this.#range;
      return { offset: least, scale: most.map((value, channel) => inverse(value - least[channel]!)) };
    }
    return { offset: [0], scale: [method === "none" ? 1 : 1 / this.#largest], ...(divides ? {} : { deviation: false }) };
  }

  #widen(image: Uint8Array | Uint16Array): void {
    const { least, most } = this.#range;
    for (let i = 0; i < image.length;) {
      for (let channel = 0; channel < this.#channels; channel++, i++) {
        const value = image[i]!;
        if (value < least[channel]!) least[channel] = value;
        if (value > most[channel]!) most[channel] = value;
      }
    }
  }
}

function inverse(spread: number): number {
  return spread < smallestSpread ? 1 : 1 / spread;
}
