import { applyAffine, type ImageValues } from "./apply-affine.ts";
import { batchDraws } from "./batch-draws.ts";
import { changeColors } from "./change-colors.ts";
import { drawLayout, type DrawKind } from "./draw-layout.ts";
import { noiseTable } from "./noise-table.ts";
import type { Augmentation } from "./schema.ts";

/** A training image with the id its draws are keyed by. */
export interface IdentifiedImage extends ImageValues {
  id: string;
}

/** Shows images as training sees them in an epoch: what the device does to a batch, on the CPU, for pictures and as its oracle. */
export class AugmentationPreview {
  readonly #augmentation: Augmentation;
  readonly #largest: number;
  #noise: Float32Array | undefined;

  /** @param largest of the stored values: 255 or 65535 */
  constructor(augmentation: Augmentation, largest: number) {
    this.#augmentation = augmentation;
    this.#largest = largest;
  }

  /**
   * @param partner what is mixed in where images are mixed; training takes any of its images
   * @returns values as the image has them, float32
   */
  show(image: IdentifiedImage, epoch: number, partner: IdentifiedImage = image): Float32Array {
    const own = this.#alone(image, epoch);
    const mix = this.#numbers(image, epoch, "mix");
    return mix === undefined ? own : mixed({ ...image, values: own }, this.#alone(partner, epoch), mix);
  }

  #alone(image: IdentifiedImage, epoch: number): Float32Array {
    const { parameters } = this.#augmentation;
    const numbers = (kind: DrawKind) => this.#numbers(image, epoch, kind);
    const warp = numbers("warp");
    const moved = warp === undefined ? Float32Array.from(image.values) : applyAffine(image, warp, parameters);
    const colored = changeColors(moved, image.channels, {
      channelShift: numbers("channelShift")?.[0],
      brightness: numbers("brightness")?.[0],
      contrast: numbers("contrast")?.[0],
      saturation: numbers("saturation")?.[0],
      hue: numbers("hue")?.[0],
      largest: this.#largest,
    });
    const noisy = this.#addNoise(colored, numbers("noise")?.[0]);
    const window = numbers("cutout");
    return window === undefined ? noisy : fillWindow({ ...image, values: noisy }, window, () => parameters.cval ?? 0);
  }

  #addNoise(values: Float32Array, start: number | undefined): Float32Array {
    if (start === undefined) return values;
    this.#noise ??= noiseTable(this.#augmentation.seed, values.length);
    const deviation = (this.#augmentation.parameters.noise ?? 0) * this.#largest;
    return values.map((value, i) => Math.min(this.#largest, Math.max(0, value + deviation * this.#noise![start + i]!)));
  }

  #numbers(image: IdentifiedImage, epoch: number, kind: DrawKind): Float32Array | undefined {
    const column = drawLayout(this.#augmentation.parameters).columns[kind];
    if (column === undefined) return undefined;
    return batchDraws(this.#augmentation, epoch, [image.id], image).subarray(column.start, column.start + column.size);
  }
}

function mixed(image: ImageValues & { values: Float32Array }, partner: Float32Array, mix: Float32Array): Float32Array {
  const share = mix[1]!;
  const blended = image.values.map((value, i) => share * value + (1 - share) * partner[i]!);
  return fillWindow({ ...image, values: blended }, mix.subarray(2), (i) => partner[i]!);
}

/** @param window top, left, bottom, right */
function fillWindow(
  { values, width, channels }: ImageValues & { values: Float32Array },
  window: Float32Array,
  valueAt: (index: number) => number,
): Float32Array {
  const [top, left, bottom, right] = window as unknown as [number, number, number, number];
  const result = values.slice();
  for (let row = top; row < bottom; row++) {
    for (let i = (row * width + left) * channels; i < (row * width + right) * channels; i++) result[i] = valueAt(i);
  }
  return result;
}
