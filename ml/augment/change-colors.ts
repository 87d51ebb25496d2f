/** What is drawn for an image's colors; absent where it is not switched on. */
export interface ColorChange {
  channelShift: number | undefined;
  brightness: number | undefined;
  contrast: number | undefined;
  saturation: number | undefined;
  hue: number | undefined;
  /** Of the stored values. */
  largest: number;
}

/**
 * Changes an image's colors in the order of the fields, each result kept within 0 and `largest`.
 *
 * @param values [height, width, channels]
 * @see Keras' apply_channel_shift; TensorFlow's tf.image.adjust_contrast, adjust_saturation and adjust_hue
 */
export function changeColors(values: Float32Array, channels: number, change: ColorChange): Float32Array {
  const { channelShift, brightness, contrast, saturation, hue, largest } = change;
  let result = values;
  const clamped = (value: number) => Math.min(largest, Math.max(0, value));
  if (channelShift !== undefined) result = shiftChannels(result, channelShift);
  if (brightness !== undefined) result = result.map((value) => clamped(value * brightness));
  if (contrast !== undefined) {
    const means = channelMeans(result, channels);
    result = result.map((value, i) => clamped((value - means[i % channels]!) * contrast + means[i % channels]!));
  }
  if (saturation === undefined && hue === undefined) return result;
  return changeHsv(result, saturation ?? 1, hue ?? 0);
}

function shiftChannels(values: Float32Array, shift: number): Float32Array {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
  return values.map((value) => Math.min(most, Math.max(least, value + shift)));
}

function channelMeans(values: Float32Array, channels: number): number[] {
  const sums = Array.from({ length: channels }, () => 0);
  for (const [i, value] of values.entries()) sums[i % channels]! += value;
  return sums.map((sum) => sum / (values.length / channels));
}

/** @param values red, green and blue of each pixel */
function changeHsv(values: Float32Array, saturationFactor: number, hueShift: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i += 3) {
    const [hue, saturation, value] = toHsv(values[i]!, values[i + 1]!, values[i + 2]!);
    const turned = (hue + hueShift + 1) % 1;
    result.set(toRgb(turned, Math.min(1, saturation * saturationFactor), value), i);
  }
  return result;
}

/** Hue and saturation in [0, 1], the value as the colors have it. */
function toHsv(red: number, green: number, blue: number): [number, number, number] {
  const value = Math.max(red, green, blue);
  const span = value - Math.min(red, green, blue);
  if (span <= 0) return [0, 0, value];
  const sector = value === red ? (green - blue) / span : value === green ? 2 + (blue - red) / span : 4 + (red - green) / span;
  return [(sector / 6 + 1) % 1, span / value, value];
}

function toRgb(hue: number, saturation: number, value: number): [number, number, number] {
  const sector = hue * 6;
  const limited = (share: number) => Math.min(1, Math.max(0, share));
  const shares = [
    limited(Math.abs(sector - 3) - 1),
    limited(2 - Math.abs(sector - 2)),
    limited(2 - Math.abs(sector - 4)),
  ] as const;
  return shares.map((share) => (1 - saturation + saturation * share) * value) as [number, number, number];
}
