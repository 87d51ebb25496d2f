import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { smallPipeline, writeSmallPictures } from "./small-pictures.ts";

/** A training that is there for as long as a test needs it, and computes next to nothing meanwhile. */
export interface HeldTraining {
  /** Its pipeline file. */
  file: string;
  /** The same network, data and seed, held by nothing: for as many epochs as it is asked to train. */
  freeFile: string;
  /** Lets it end after its present epoch. */
  release(): Promise<void>;
}

/** Several epochs a second, each with its checkpoint. */
const pauseMs = 200;
const mostEpochs = 10_000;

/** Writes pipeline files over small pictures into a folder; the held one's callback rests after each epoch, and ends the training once it is let go. */
export async function writeHeldTraining(folder: string, { name = "held", seed = 1 } = {}): Promise<HeldTraining> {
  await mkdir(folder, { recursive: true });
  const [pictures, released] = [join(folder, "pictures"), join(folder, "released")];
  const [file, freeFile] = [join(folder, `${name}.yaml`), join(folder, `${name}-free.yaml`)];
  await writeSmallPictures(pictures, { seed });
  await writeFile(freeFile, smallPipeline(pictures, { name, seed }));
  await writeFile(file, smallPipeline(pictures, { name, seed, train: `epochs: ${mostEpochs}, callbacks: [./hold.ts]` }));
  await writeFile(
    join(folder, "hold.ts"),
    `import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { defineCallback } from "convoy";
export default defineCallback({
  async onEpochEnd() {
    if (existsSync(${JSON.stringify(released)})) return { stop: true };
    await sleep(${pauseMs});
  },
});
`,
  );
  return { file, freeFile, release: () => writeFile(released, "") };
}
