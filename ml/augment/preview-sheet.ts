import type { ImageValues } from "./apply-affine.ts";
import { AugmentationPreview, type IdentifiedImage } from "./augmentation-preview.ts";
import type { Augmentation } from "./schema.ts";

/** Pixels of a sheet, uint8 [height, width, channels]; channels is 1 or 3. */
export interface Sheet {
  height: number;
  width: number;
  channels: 1 | 3;
  pixels: Uint8Array;
}

const gap = 2;
const paper = 255;

/**
 * One row for each image: itself, then how it looks in the first epochs of the training, by the very same draws;
 * images are mixed with the next row's.
 *
 * @param images of one size; with two or more than three channels the first is shown
 * @param largest of the stored values: 255 or 65535
 */
export function previewSheet(
  augmentation: Augmentation,
  images: readonly IdentifiedImage[],
  epochs: number,
  largest: number,
): Sheet {
  const [first] = images;
  const [height, width] = [first?.height ?? 1, first?.width ?? 1];
  const channels = first?.channels === 3 ? 3 : 1;
  const columns = augmentation.enabled ? epochs + 1 : 1;
  const sheet: Sheet = {
    height: gap + images.length * (height + gap),
    width: gap + columns * (width + gap),
    channels,
    pixels: new Uint8Array(),
  };
  sheet.pixels = new Uint8Array(sheet.height * sheet.width * channels).fill(paper);
  const preview = new AugmentationPreview(augmentation, largest);
  for (const [row, image] of images.entries()) {
    const partner = images[(row + 1) % images.length]!;
    for (let column = 0; column < columns; column++) {
      const values = column === 0 ? image.values : preview.show(image, column, partner);
      paste(sheet, { ...image, values }, gap + row * (height + gap), gap + column * (width + gap), 255 / largest);
    }
  }
  return sheet;
}

function paste(sheet: Sheet, image: ImageValues, top: number, left: number, scale: number): void {
  for (let row = 0; row < image.height; row++) {
    for (let column = 0; column < image.width; column++) {
      const to = ((top + row) * sheet.width + left + column) * sheet.channels;
      const from = (row * image.width + column) * image.channels;
      for (let channel = 0; channel < sheet.channels; channel++) {
        sheet.pixels[to + channel] = Math.round(image.values[from + channel]! * scale);
      }
    }
  }
}
