import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { readEnvironment } from "../environment.ts";
import { tensorflowEnvironment } from "../trainer/runtime/tensorflow-environment.ts";
import { projectFolder } from "./convoy-process.ts";
import { reportBench, speedRow, spread } from "./report-bench.ts";
import type { ImageCase } from "./training/cases.ts";
import { Contestant, type EpochCost } from "./training/contestant.ts";
import { installKeras } from "./training/keras.ts";

/**
 * Augmented images a second, 64×64×3 with the settings of pipelines/cats-dogs.yaml, beside Keras' `ImageDataGenerator.flow`. The two take turns,
 * an epoch each; a first one each is not counted. Keras only makes the batches; convoy's time holds a step of training too, of a linear model on
 * each image's mean color. `npm run bench -- augment [--repetitions 7] [--cpu] [--json]`; `--cpu` compares processor time instead of
 * wall clock, for machines that have other things to do.
 */
const { values } = parseArgs({
  options: {
    repetitions: { type: "string", default: "7" },
    cpu: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const given: ImageCase = {
  name: "64×64×3, rotation, shift, shear, zoom, flip",
  height: 64,
  width: 64,
  channels: 3,
  classes: 2,
  rows: 2048,
  batchSize: 32,
  layers: [{ pool: "globalAverage" }],
  augment: { rotation: 20, shift: 0.2, shear: 0.2, zoom: 0.2, flip: "horizontal", fillMode: "nearest" },
};
const goal = 4;

const keras = await installKeras(readEnvironment().cacheFolder);
const oursCommand = [process.execPath, fileURLToPath(new URL("training-ours.js", import.meta.url))] as const;
const ours = new Contestant(oursCommand, given, { ...tensorflowEnvironment({ device: "cpu" }), CONVOY_TENSORFLOW: "cpu" });
const theirs = new Contestant([keras, join(projectFolder, "bench", "augment-keras.py")], given, {});
const costs: { ours: EpochCost; theirs: EpochCost }[] = [];
try {
  for (let turn = 0; turn <= Number(values.repetitions); turn++) {
    const turnCosts = { ours: await ours.epoch(), theirs: await theirs.epoch() };
    if (turn > 0) costs.push(turnCosts);
  }
} finally {
  await Promise.all([ours.end(), theirs.end()]);
}

const timeOf = ({ seconds, cpuSeconds }: EpochCost) => (values.cpu ? cpuSeconds : seconds);
const ratios = costs.map((turn) => timeOf(turn.theirs) / timeOf(turn.ours));
const rows = [speedRow({ case: given.name, versus: "Keras ImageDataGenerator", goal }, ratios)];
const speed = (times: readonly number[]) => Math.round(given.rows / spread(times).median);
const details = [
  {
    case: given.name,
    "convoy images/s": speed(costs.map((turn) => turn.ours.seconds)),
    "Keras images/s": speed(costs.map((turn) => turn.theirs.seconds)),
    "processor time vs Keras": Number(
      spread(costs.map((turn) => turn.theirs.cpuSeconds / turn.ours.cpuSeconds)).median.toPrecision(3),
    ),
  },
];
reportBench({ name: "augment", rows }, details, values.json);
