/** Pixels as stored. */
export type Pixels = Uint8Array | Uint16Array;

export interface ImageShape {
  height: number;
  width: number;
  channels: number;
}

/** Three numbers of each image, in shares of full scale; shape [rows] each. */
export interface PropertyTable {
  /** Mean of all values, 0 to 1. */
  brightness: Float32Array;
  /** Standard deviation of the gray image, 0 to 0.5. */
  contrast: Float32Array;
  /** Standard deviation of the gray image's Laplacian (four neighbors), borders left out. */
  sharpness: Float32Array;
}

/** Sums over the images of one slot: a class, or all classes that are not followed one by one. Exact integers. */
interface PixelSums {
  count: number;
  /** Shape [height × width × channels]. */
  sum: Float64Array;
  squares: Float64Array;
}

/** Values of all followed classes together: 64 MB of sums. */
const followedValues = 4_000_000;

/**
 * Gathers, image by image, what the exploration needs of pixels. Sums are exact integers, so neither the order of images nor the cut of
 * shards changes a result; memory depends on the size of an image and the number of classes, and 12 bytes a row.
 */
export class ImageStatistics {
  readonly properties: PropertyTable;
  readonly #shape: ImageShape;
  readonly #fullScale: number;
  /** By class code: its slot, or the last one. */
  readonly #slotOfClass: Int32Array;
  readonly #slots: PixelSums[];
  readonly #train: { count: number; sum: Float64Array; squares: Float64Array };
  readonly #gray: Int32Array;
  #min = Infinity;
  #max = -Infinity;

  /** @param classCounts rows of each class: where not all fit into memory, the largest are followed one by one */
  constructor(shape: ImageShape, fullScale: number, rowCount: number, classCounts: readonly number[]) {
    this.#shape = shape;
    this.#fullScale = fullScale;
    const values = shape.height * shape.width * shape.channels;
    const followed = largestClasses(classCounts, Math.max(1, Math.floor(followedValues / values)));
    this.#slotOfClass = new Int32Array(classCounts.length).fill(followed.length);
    for (const [slot, code] of followed.entries()) this.#slotOfClass[code] = slot;
    this.#slots = Array.from({ length: followed.length + 1 }, () => emptySums(values));
    this.#train = { count: 0, sum: new Float64Array(shape.channels), squares: new Float64Array(shape.channels) };
    this.#gray = new Int32Array(shape.height * shape.width);
    this.properties = {
      brightness: new Float32Array(rowCount),
      contrast: new Float32Array(rowCount),
      sharpness: new Float32Array(rowCount),
    };
  }

  /**
   * @param image shape [height, width, channels], flattened
   * @param label class code, -1 where there is none
   */
  add(image: Pixels, row: number, label: number, isTraining: boolean): void {
    this.#addToSlot(image, label);
    if (isTraining) this.#addToChannels(image);
    this.#measure(image, row);
  }

  /** Smallest and largest value met, and per-channel mean and deviation of the training images in shares of full scale. */
  pixels(): { min: number; max: number; channels: { mean: number; deviation: number }[]; constantValues: number } {
    const channels = [...this.#train.sum].map((sum, channel) => {
      const mean = sum / this.#train.count;
      const variance = Math.max(0, this.#train.squares[channel]! / this.#train.count - mean * mean);
      return this.#train.count === 0
        ? { mean: 0, deviation: 0 }
        : { mean: mean / this.#fullScale, deviation: Math.sqrt(variance) / this.#fullScale };
    });
    return { min: this.#min, max: this.#max, channels, constantValues: this.#constantValues() };
  }

  /** Mean and deviation image of a class in shares of full scale; null where it has no rows or was not followed. */
  classImages(code: number): { mean: Float64Array; deviation: Float64Array } | null {
    const slot = this.#slotOfClass[code]!;
    const { count, sum, squares } = this.#slots[slot]!;
    if (slot === this.#slots.length - 1 || count === 0) return null;
    const mean = sum.map((value) => value / count / this.#fullScale);
    const spread = squares.map((value, i) => Math.sqrt(Math.max(0, value / count - (sum[i]! / count) ** 2)) / this.#fullScale);
    return { mean, deviation: spread };
  }

  #addToSlot(image: Pixels, label: number): void {
    const slot = this.#slots[label < 0 ? this.#slots.length - 1 : this.#slotOfClass[label]!]!;
    const { sum, squares } = slot;
    slot.count += 1;
    for (let i = 0; i < image.length; i++) {
      const value = image[i]!;
      sum[i]! += value;
      squares[i]! += value * value;
      if (value < this.#min) this.#min = value;
      if (value > this.#max) this.#max = value;
    }
  }

  #addToChannels(image: Pixels): void {
    const { channels } = this.#shape;
    for (let channel = 0; channel < channels; channel++) {
      let [sum, squares] = [0, 0];
      for (let i = channel; i < image.length; i += channels) {
        sum += image[i]!;
        squares += image[i]! * image[i]!;
      }
      this.#train.sum[channel]! += sum;
      this.#train.squares[channel]! += squares;
    }
    this.#train.count += image.length / channels;
  }

  #measure(image: Pixels, row: number): void {
    const { channels } = this.#shape;
    const gray = this.#gray;
    const scale = channels * this.#fullScale;
    let [sum, squares] = [0, 0];
    for (let pixel = 0; pixel < gray.length; pixel++) {
      let value = 0;
      for (let channel = 0; channel < channels; channel++) value += image[pixel * channels + channel]!;
      gray[pixel] = value;
      sum += value;
      squares += value * value;
    }
    this.properties.brightness[row] = sum / gray.length / scale;
    this.properties.contrast[row] = deviation(sum, squares, gray.length) / scale;
    this.properties.sharpness[row] = this.#laplacianDeviation() / scale;
  }

  #laplacianDeviation(): number {
    const { height, width } = this.#shape;
    const gray = this.#gray;
    if (height < 3 || width < 3) return 0;
    let [sum, squares] = [0, 0];
    for (let y = 1; y < height - 1; y++) {
      for (let i = y * width + 1; i < (y + 1) * width - 1; i++) {
        const edge = 4 * gray[i]! - gray[i - 1]! - gray[i + 1]! - gray[i - width]! - gray[i + width]!;
        sum += edge;
        squares += edge * edge;
      }
    }
    return deviation(sum, squares, (height - 2) * (width - 2));
  }

  #constantValues(): number {
    const { length } = this.#slots[0]!.sum;
    const count = this.#slots.reduce((total, slot) => total + slot.count, 0);
    let constant = 0;
    for (let i = 0; i < length; i++) {
      let [sum, squares] = [0, 0];
      for (const slot of this.#slots) {
        sum += slot.sum[i]!;
        squares += slot.squares[i]!;
      }
      if (count > 0 && squares * count === sum * sum) constant += 1;
    }
    return constant;
  }
}

function largestClasses(counts: readonly number[], limit: number): number[] {
  const codes = counts.map((_, code) => code).sort((a, b) => counts[b]! - counts[a]! || a - b);
  return codes.slice(0, limit);
}

function emptySums(values: number): PixelSums {
  return { count: 0, sum: new Float64Array(values), squares: new Float64Array(values) };
}

function deviation(sum: number, squares: number, count: number): number {
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}
