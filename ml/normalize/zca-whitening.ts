import { InvalidConfiguration } from "../errors.ts";
import { applyToMatrix } from "../stats/matrix-function.ts";
import { ExactProducts } from "./exact-products.ts";

interface ImageShape {
  height: number;
  width: number;
  channels: number;
}

/** Values of an image whose covariance may be fit, 32 × 32 in color. Its decomposition takes time in proportion to their cube: minutes for these. */
const mostValues = 3072;

/** Keras' zca_epsilon. */
const usualEpsilon = 1e-6;

/** Fits a ZCA whitening: of all transforms that leave values uncorrelated and of variance 1, the one that changes images least. */
export class ZcaWhitening {
  readonly #products: ExactProducts;
  readonly #shape: ImageShape;
  readonly #largest: number;

  /** @throws {InvalidConfiguration} where images have more than 3072 values */
  constructor(shape: ImageShape, largest: number) {
    const { height, width, channels } = shape;
    const values = height * width * channels;
    if (values > mostValues) {
      throw new InvalidConfiguration(
        `normalize: zca compares each value of an image with each other and takes at most ${mostValues}; images of ${height}×${width}×${channels} have ${values}: ` +
          `make them smaller by ingest.height and ingest.width (55 × 55 in grey, 32 × 32 in color), or take normalize: channel or pixel`,
      );
    }
    this.#products = new ExactProducts(values, largest);
    this.#shape = shape;
    this.#largest = largest;
  }

  *add(image: Uint8Array | Uint16Array): Generator<void, void> {
    yield* this.#products.add(image);
  }

  /**
   * The channels' means, and what images are multiplied by once these are taken off and values are shares of the largest: U diag(√n / (s + ε)) Uᵀ,
   * where U and s are singular vectors and values of the n training images side by side. Directions in which they do not vary, which are
   * rounding noise divided by ε in Keras, are dropped. Takes minutes for the largest images, and yields every few milliseconds.
   *
   * @returns the matrix as float32, shape [values, values]
   * @see Kessy, Lewin, Strimmer 2018, "Optimal Whitening and Decorrelation", on ZCA; Keras' `ImageDataGenerator.fit`
   */
  *fit(rowCount: number, epsilon = usualEpsilon): Generator<void, { mean: number[]; whitening: Float32Array }> {
    const { height, width, channels } = this.#shape;
    const size = height * width * channels;
    const { mean, covariance } = yield* this.#products.covariance(channels);
    const factor = (variance: number, largest: number) =>
      variance <= largest * size * Number.EPSILON ? 0 : 1 / (Math.sqrt(variance) / this.#largest + epsilon / Math.sqrt(rowCount));
    yield* applyToMatrix(covariance, size, factor);
    return { mean, whitening: new Float32Array(covariance) };
  }
}
