import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import sharp from "sharp";

import { randomStream } from "../../ml/random.ts";

/**
 * A folder of pictures by class, 8 × 8 grey noise: `bright` ones above the middle, `dark` ones below. Small enough that a whole run takes
 * seconds, and no two alike.
 */
export async function writeSmallPictures(folder: string, { perClass = 30, seed = 1 } = {}): Promise<void> {
  for (const [name, base] of [
    ["bright", 110],
    ["dark", 60],
  ] as const) {
    await mkdir(join(folder, name), { recursive: true });
    for (let number = 0; number < perClass; number++) {
      const random = randomStream(seed, "picture", name, number);
      const pixels = Uint8Array.from({ length: 64 }, () => base + Math.floor(random() * 90));
      const png = await sharp(pixels, { raw: { width: 8, height: 8, channels: 1 } })
        .png()
        .toBuffer();
      await writeFile(join(folder, name, `${String(number).padStart(3, "0")}.png`), png);
    }
  }
}

/** A pipeline over them that trains for a moment. Pictures whose numbers end alike are of one group, six of each. */
export function smallPipeline(folder: string, { name = "small", seed = 0, train = "epochs: 2" } = {}): string {
  return [
    `name: ${name}`,
    `seed: ${seed}`,
    `dataset: { path: ${folder}, group: "[0-9](?=[.]png)" }`,
    "split: { test: 0.3, validation: 0, minimumGroups: 1 }",
    "evaluate: { bootstrapDraws: 50 }",
    "model: [flatten, { output: softmax }]",
    `train: { ${train}, batchSize: 8 }`,
    "",
  ].join("\n");
}
