interface ImageShape {
  height: number;
  width: number;
  channels: number;
}

interface HeatMap {
  height: number;
  width: number;
  /** Shape [height, width], 0 to 1. */
  values: Float32Array;
}

/**
 * An image in gray with a heat map over it: warm where the map is high. The map is brought to the image's size bilinearly, pixel centers on
 * pixel centers.
 *
 * @param image shape [height, width, channels], flattened
 * @param fullScale the value shown white
 * @returns red, green, blue, 0 to 255; shape [height, width, 3], flattened
 */
export function heatOverlay(
  image: Uint8Array | Uint16Array,
  { height, width, channels }: ImageShape,
  fullScale: number,
  map: HeatMap,
): Uint8Array {
  const colored = Math.min(channels, 3);
  const result = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      let sum = 0;
      for (let channel = 0; channel < colored; channel++) sum += image[pixel * channels + channel]!;
      const gray = Math.min(255, (255 * sum) / (colored * fullScale));
      const heat = sampled(map, ((y + 0.5) * map.height) / height - 0.5, ((x + 0.5) * map.width) / width - 0.5);
      // From the gray image to red, then to yellow.
      const warm = [255, 255 * Math.max(0, 2 * heat - 1), 0];
      const share = 0.6 * Math.min(1, 2 * heat);
      for (let channel = 0; channel < 3; channel++)
        result[pixel * 3 + channel] = Math.round((1 - share) * gray + share * warm[channel]!);
    }
  }
  return result;
}

function sampled({ height, width, values }: HeatMap, y: number, x: number): number {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const at = (row: number, column: number) =>
    values[Math.min(height - 1, Math.max(0, row)) * width + Math.min(width - 1, Math.max(0, column))]!;
  const [down, right] = [y - top, x - left];
  const above = at(top, left) * (1 - right) + at(top, left + 1) * right;
  const below = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right;
  return above * (1 - down) + below * down;
}
