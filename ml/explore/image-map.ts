import type { Samples } from "../ingest/schema.ts";
import { hashUnit, randomStream } from "../random.ts";
import type { ImageShape, Pixels } from "./image-statistics.ts";
import { principalComponents } from "./principal-components.ts";
import type { ImageMap } from "./schema.ts";

/** Points that can be told apart in a picture. */
const pointLimit = 600;
/** Images are looked at no finer than this: what they differ in most is coarse. */
const gridSide = 16;

/**
 * Lays out images by what they differ in most: principal components of coarse gray pictures of some rows, drawn by a hash of seed and id.
 */
export class ImageMapper {
  readonly #shape: ImageShape;
  readonly #fullScale: number;
  readonly #seed: number;
  readonly #grays = new Map<number, Float64Array>();
  readonly #rows: ReadonlySet<number>;

  constructor(shape: ImageShape, fullScale: number, samples: Pick<Samples, "id" | "label">, seed: number) {
    this.#shape = shape;
    this.#fullScale = fullScale;
    this.#seed = seed;
    const keys = samples.id
      .map((id, row) => ({ row, key: hashUnit(seed, "explore", "map", id) }))
      .filter(({ row }) => samples.label[row]! >= 0)
      .sort((a, b) => a.key - b.key || a.row - b.row);
    this.#rows = new Set(keys.slice(0, pointLimit).map(({ row }) => row));
  }

  add(image: Pixels, row: number): void {
    if (this.#rows.has(row)) this.#grays.set(row, coarseGray(image, this.#shape, this.#fullScale));
  }

  /** Null where there are too few images, or they do not differ. */
  *finish(): Generator<void, ImageMap | null> {
    const rows = [...this.#grays.keys()].sort((a, b) => a - b);
    const found = yield* principalComponents(
      rows.map((row) => this.#grays.get(row)!),
      randomStream(this.#seed, "explore", "components"),
    );
    if (found === null) return null;
    return {
      points: rows.map((row, i) => ({ row, x: found.scores[i]![0], y: found.scores[i]![1] })),
      explained: found.explained,
    };
  }
}

/** Means over the cells of a grid of at most 16 × 16, in shares of full scale. */
export function coarseGray(image: Pixels, { height, width, channels }: ImageShape, fullScale: number): Float64Array {
  const [rows, columns] = [Math.min(gridSide, height), Math.min(gridSide, width)];
  const [sums, counts] = [new Float64Array(rows * columns), new Float64Array(rows * columns)];
  for (let y = 0; y < height; y++) {
    const top = Math.floor((y * rows) / height) * columns;
    for (let x = 0; x < width; x++) {
      const cell = top + Math.floor((x * columns) / width);
      for (let channel = 0; channel < channels; channel++) sums[cell]! += image[(y * width + x) * channels + channel]!;
      counts[cell]! += channels;
    }
  }
  return sums.map((sum, cell) => sum / counts[cell]! / fullScale);
}
