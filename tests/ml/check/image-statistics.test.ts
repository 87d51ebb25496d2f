import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { emptyStatistics, measureImages } from "../../../ml/check/image-statistics.ts";
import { takeSteps } from "../../support/take-steps.ts";

interface Golden {
  name: string;
  shape: [number, number, number];
  image: number[];
  brightestShare: number;
  darkestShare: number;
  information: number;
  sharpness: number;
}

// Made by make-goldens.py beside it, with numpy and Pillow as CleanVision uses them.
const { cases } = JSON.parse(readFileSync(new URL("../../golden/check/goldens.json", import.meta.url), "utf8")) as {
  cases: Golden[];
};

describe("measuring images", () => {
  test.each(cases)("agrees with CleanVision: $name", ({ shape: [height, width, channels], image, ...golden }) => {
    const statistics = emptyStatistics(1);

    takeSteps(measureImages(Uint8Array.from(image), 0, { height, width, channels, dtype: "uint8" }, statistics));

    // Brightness of color images is measured in 256 levels; of grey ones it is exact.
    const tolerance = channels === 3 ? 1 / 255 : 1e-6;
    expect(Math.abs(statistics.brightestShare[0]! - golden.brightestShare)).toBeLessThanOrEqual(tolerance);
    expect(Math.abs(statistics.darkestShare[0]! - golden.darkestShare)).toBeLessThanOrEqual(tolerance);
    expect(statistics.sharpness[0]).toBeCloseTo(golden.sharpness, 2);
    expect(statistics.information[0]).toBeCloseTo(golden.information, 6);
  });

  test("gives the same for any cut into shards, at the rows' own places", () => {
    const images = { height: 4, width: 4, channels: 1, dtype: "uint8" as const };
    const pixels = Uint8Array.from({ length: 10 * 16 }, (_, i) => (i * 37) % 256);
    const [whole, parts] = [emptyStatistics(10), emptyStatistics(10)];

    takeSteps(measureImages(pixels, 0, images, whole));
    takeSteps(measureImages(pixels.subarray(3 * 16), 3, images, parts));
    takeSteps(measureImages(pixels.subarray(0, 3 * 16), 0, images, parts));

    expect(parts).toEqual(whole);
  });

  test("knows images of one color, in several channels and 16 bits", () => {
    const statistics = emptyStatistics(3);
    const images = { height: 1, width: 2, channels: 3, dtype: "uint16" as const };

    takeSteps(measureImages(Uint16Array.of(1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 4, 9, 9, 9, 9, 9, 9), 0, images, statistics));

    expect([...statistics.constant]).toEqual([1, 0, 1]);
  });
});
