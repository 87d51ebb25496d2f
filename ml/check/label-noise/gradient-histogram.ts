/** Pictures are looked at in this many rows and columns of pixels. */
export const lookedAtSide = 64;
const cellSide = 8;
const cells = lookedAtSide / cellSide;
const blocks = cells - 1;
const orientations = 9;
const [epsilon, clip] = [1e-5, 0.2];

/** 7 × 7 blocks of 2 × 2 cells of 9 orientations. */
export const gradientHistogramSize = blocks * blocks * 4 * orientations;

/**
 * Histograms of oriented gradients: how strong edges of nine directions are in cells of 8 × 8 pixels, normalized over overlapping blocks of
 * 2 × 2 cells (L2-Hys). Of several channels the one with the strongest gradient counts.
 *
 * @param planes one picture a channel, shape [64, 64] each
 * @see Dalal, Triggs 2005, "Histograms of Oriented Gradients for Human Detection", section 6; scikit-image's `hog` gives the same numbers
 */
export function gradientHistogram(planes: readonly Float32Array[]): Float32Array {
  const histogram = cellHistograms(planes);
  const features = new Float32Array(gradientHistogramSize);
  let at = 0;
  for (let row = 0; row < blocks; row++) {
    for (let column = 0; column < blocks; column++) {
      const block = features.subarray(at, at + 4 * orientations);
      for (let cell = 0; cell < 4; cell++) {
        const from = ((row + (cell >> 1)) * cells + column + (cell & 1)) * orientations;
        block.set(histogram.subarray(from, from + orientations), cell * orientations);
      }
      normalize(block);
      at += block.length;
    }
  }
  return features;
}

/** Shape [8, 8, 9]: mean strength of the edges of each direction in each cell. */
function cellHistograms(planes: readonly Float32Array[]): Float32Array {
  const histogram = new Float32Array(cells * cells * orientations);
  for (let y = 0; y < lookedAtSide; y++) {
    for (let x = 0; x < lookedAtSide; x++) {
      let [strength, down, right] = [0, 0, 0];
      for (const plane of planes) {
        const at = y * lookedAtSide + x;
        const vertical = y > 0 && y < lookedAtSide - 1 ? plane[at + lookedAtSide]! - plane[at - lookedAtSide]! : 0;
        const horizontal = x > 0 && x < lookedAtSide - 1 ? plane[at + 1]! - plane[at - 1]! : 0;
        const length = Math.hypot(vertical, horizontal);
        if (length > strength) [strength, down, right] = [length, vertical, horizontal];
      }
      if (strength === 0) continue;
      const degrees = ((Math.atan2(down, right) * 180) / Math.PI + 180) % 180;
      const direction = Math.min(orientations - 1, Math.floor((degrees * orientations) / 180));
      const cell = Math.floor(y / cellSide) * cells + Math.floor(x / cellSide);
      histogram[cell * orientations + direction]! += strength / (cellSide * cellSide);
    }
  }
  return histogram;
}

function normalize(block: Float32Array): void {
  const scale = () => Math.sqrt(block.reduce((sum, value) => sum + value * value, 0) + epsilon * epsilon);
  let length = scale();
  for (let i = 0; i < block.length; i++) block[i] = Math.min(clip, block[i]! / length);
  length = scale();
  for (let i = 0; i < block.length; i++) block[i]! /= length;
}
