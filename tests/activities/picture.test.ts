import { expect, test } from "vitest";

import { makePicture } from "../../activities/picture.ts";
import { randomStream } from "../../ml/random.ts";

const words = { alt: "", caption: "" };
const random = randomStream(1, "noise");
const noise = (side: number) => Uint8Array.from({ length: side * side * 3 }, () => Math.floor(256 * random()));

/** What the exploration of many classes shows: 800 samples, two pictures of each of 60 classes, extremes, duplicates, a rule's examples. */
const mostPictures = 1300;

test.each([63, 112, 300])("the exploration's page stays below 10 MB, be every picture the noise of %i pixels", async (side) => {
  const { dataUri } = await makePicture(noise(side), { height: side, width: side, channels: 3 }, 255, words);

  expect(mostPictures * dataUri.length).toBeLessThan(9_500_000);
});

test("small pictures are kept to the pixel, and large ones are shrunk", async () => {
  const small = await makePicture(new Uint8Array(28 * 28).fill(7), { height: 28, width: 28, channels: 1 }, 255, words);
  const large = await makePicture(new Uint8Array(400 * 200 * 3), { height: 400, width: 200, channels: 3 }, 255, words);

  expect(small.dataUri).toMatch(/^data:image\/png;/);
  expect(large).toMatchObject({ height: 112, width: 56, dataUri: expect.stringMatching(/^data:image\/webp;/) as string });
});
