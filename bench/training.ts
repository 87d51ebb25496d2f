import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { readEnvironment } from "../environment.ts";
import { tensorflowEnvironment } from "../trainer/runtime/tensorflow-environment.ts";
import { projectFolder } from "./convoy-process.ts";
import { benchRow, reportBench, speedRow, spread, type BenchRow } from "./report-bench.ts";
import { trainingCases, type TrainingCase } from "./training/cases.ts";
import { Contestant, type EpochCost } from "./training/contestant.ts";
import { installKeras } from "./training/keras.ts";

/**
 * Images a second of whole training epochs, beside stock tfjs-node's `fit` and Keras' `fit` on the same libtensorflow. The three take turns,
 * an epoch each; a first one each is not counted. Ratios above 1 say how many times as fast convoy is.
 * `npm run bench -- training [--repetitions 5] [--case softmax] [--cpu] [--json]`; `--cpu` compares processor time instead of wall clock,
 * for machines that have other things to do.
 */
const { values } = parseArgs({
  options: {
    repetitions: { type: "string", default: "5" },
    case: { type: "string", default: "" },
    cpu: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

type Name = "ours" | "stock" | "keras";
const names: readonly Name[] = ["ours", "stock", "keras"];
const commands: Record<Name, [string, ...string[]]> = {
  ours: [process.execPath, fileURLToPath(new URL("training-ours.js", import.meta.url))],
  stock: [process.execPath, fileURLToPath(new URL("training-stock.js", import.meta.url))],
  keras: [await installKeras(readEnvironment().cacheFolder), join(projectFolder, "bench", "training-keras.py")],
};

const rows: BenchRow[] = [];
const details: Record<string, string | number>[] = [];
for (const given of trainingCases.filter(({ name }) => name.includes(values.case))) {
  const { costs, firstEpoch } = await compete(given, Number(values.repetitions));
  const seconds = (name: Name) => costs[name].map((cost) => (values.cpu ? cost.cpuSeconds : cost.seconds));
  for (const versus of ["stock", "keras"] as const) {
    const ours = seconds("ours");
    const ratios = seconds(versus).map((theirs, turn) => theirs / (ours[turn] ?? Number.NaN));
    const what = { case: `${given.name}, batch ${given.batchSize}`, versus: versus === "stock" ? "tfjs-node fit" : "Keras fit" };
    rows.push(speedRow({ ...what, goal: given.goals[versus] }, ratios));
  }
  rows.push(...memoryRows(given, firstEpoch, costs.ours.at(-1) ?? firstEpoch));
  details.push(describe(given, costs));
}
reportBench({ name: "training", rows }, details, values.json);

/** Each one's epochs but the first, and convoy's first one. */
async function compete(
  given: TrainingCase,
  repetitions: number,
): Promise<{ costs: Record<Name, EpochCost[]>; firstEpoch: EpochCost }> {
  const costs: Record<Name, EpochCost[]> = { ours: [], stock: [], keras: [] };
  const contestants = new Map(
    names.map((name) => [
      name,
      new Contestant(commands[name], given, name === "ours" ? tensorflowEnvironment({ device: "cpu" }) : {}),
    ]),
  );
  try {
    for (let turn = 0; turn <= repetitions; turn++) {
      for (const [name, contestant] of contestants) {
        const cost = await contestant.epoch();
        costs[name].push(cost);
      }
    }
  } finally {
    await Promise.all([...contestants.values()].map((contestant) => contestant.end()));
  }
  const [firstEpoch] = names.map((name) => costs[name].shift());
  if (firstEpoch === undefined) throw new Error("No epoch was trained");
  return { costs, firstEpoch };
}

/** Memory after the last epoch beside that after the first, and the most it took where the case is one of 60,000 small images. */
function memoryRows(given: TrainingCase, first: EpochCost, last: EpochCost): BenchRow[] {
  const growth = { case: `memory, ${given.name}, batch ${given.batchSize}`, versus: "after one epoch", goal: 1.05 };
  const peak = { case: `peak memory, ${given.rows} images of ${given.name}`, versus: "1.2 GB", goal: 1 };
  return [
    benchRow(growth, [last.residentBytes / first.residentBytes]),
    ...(given.rows === 60_000 ? [benchRow(peak, [(last.peakBytes ?? Number.NaN) / 1.2e9])] : []),
  ];
}

/** Images a second of each, and what it costs. */
function describe(given: TrainingCase, costs: Record<Name, EpochCost[]>): Record<string, string | number> {
  const speed = (name: Name) => Math.round(given.rows / spread(costs[name].map(({ seconds }) => seconds)).median);
  return {
    case: `${given.name}, batch ${given.batchSize}`,
    "convoy images/s": speed("ours"),
    "tfjs-node images/s": speed("stock"),
    "Keras images/s": speed("keras"),
    "processor time vs tfjs-node": processorRatio(costs, "stock"),
    "vs Keras": processorRatio(costs, "keras"),
    "convoy MB": Math.round((costs.ours.at(-1)?.residentBytes ?? 0) / 1e6),
  };
}

/** How many times the processor time another takes for an epoch: steadier than the wall clock where the machine has other things to do. */
function processorRatio(costs: Record<Name, EpochCost[]>, versus: Name): number {
  const cpuSeconds = (name: Name) => spread(costs[name].map((cost) => cost.cpuSeconds)).median;
  return Number((cpuSeconds(versus) / cpuSeconds("ours")).toPrecision(3));
}
