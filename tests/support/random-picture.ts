import sharp from "sharp";

import { randomStream } from "../../ml/random.ts";

/** A PNG of random colors, another for each seed. */
export async function randomPicture(seed: number, { height = 8, width = 8 } = {}): Promise<Buffer> {
  const random = randomStream(seed, "picture");
  const values = Uint8Array.from({ length: height * width * 3 }, () => Math.floor(random() * 256));
  return sharp(values, { raw: { height, width, channels: 3 } })
    .png()
    .toBuffer();
}
