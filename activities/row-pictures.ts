import type { Pixels } from "../ml/explore/image-statistics.ts";
import type { Dataset, Samples } from "../ml/ingest/schema.ts";
import type { Picture } from "../reports/pictures.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { readImages } from "../storage/dataset-images.ts";
import { makePicture } from "./picture.ts";

/** Some rows of a data set as pictures; their pixels were read together. */
export class RowPictures {
  readonly #dataset: Dataset;
  readonly #samples: Pick<Samples, "id" | "label">;
  readonly #images: ReadonlyMap<number, Pixels>;
  readonly #fullScale: number;

  private constructor(
    dataset: Dataset,
    samples: Pick<Samples, "id" | "label">,
    images: ReadonlyMap<number, Pixels>,
    fullScale: number,
  ) {
    this.#dataset = dataset;
    this.#samples = samples;
    this.#images = images;
    this.#fullScale = fullScale;
  }

  /** @param fullScale the value shown white; by default the largest of these images where they have 16 bits, which seldom use them all */
  static async read(
    { dataset, samples, artifacts }: { dataset: Dataset; samples: Pick<Samples, "id" | "label">; artifacts: ArtifactStore },
    rows: Iterable<number>,
    fullScale?: number,
  ): Promise<RowPictures> {
    const images = await readImages(dataset, artifacts, rows);
    return new RowPictures(dataset, samples, images, fullScale ?? (dataset.dtype === "uint8" ? 255 : largestValue(images)));
  }

  async show(row: number, withCaption = false): Promise<Picture> {
    const { classes } = this.#dataset;
    const name = classes[this.#samples.label[row] ?? -1] ?? "no label";
    const id = this.#samples.id[row] ?? String(row);
    const words = { alt: `${id}: ${name}`, caption: withCaption ? `${name}, ${id}` : "" };
    return { ...(await makePicture(this.pixels(row), this.#dataset, this.#fullScale, words)), sampleId: id };
  }

  showAll(rows: readonly number[], withCaption = true): Promise<Picture[]> {
    return Promise.all(rows.map((row) => this.show(row, withCaption)));
  }

  /** Shape [height, width, channels], flattened. */
  pixels(row: number): Pixels {
    const image = this.#images.get(row);
    if (!image) throw new RangeError(`Row ${row} is in no shard of the data set`);
    return image;
  }
}

function largestValue(images: ReadonlyMap<number, Pixels>): number {
  let largest = 1;
  for (const image of images.values()) for (const value of image) largest = Math.max(largest, value);
  return largest;
}
