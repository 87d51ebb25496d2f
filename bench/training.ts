import { parseArgs } from "node:util";

import { readEnvironment } from "../environment.ts";
import { benchRow, reportBench, speedRow, spread, type BenchRow } from "./report-bench.ts";
import { trainingCases, type TrainingCase } from "./training/cases.ts";
import { Contestant, type EpochCost } from "./training/contestant.ts";
import { graphicsCard, usedCardBytes } from "./training/graphics-card.ts";
import { cardField, processorField, type Field, type Rival, type Trainer } from "./training/rivals.ts";

/**
 * Images a second of whole training epochs. On the processor beside stock tfjs-node's `fit` and Keras' `fit` on the same libtensorflow; with
 * `--gpu` on an NVIDIA card beside PyTorch, the images on the card for both. They take turns, an epoch each; a first one each is not counted.
 * Ratios above 1 say how many times as fast convoy is.
 * `npm run bench -- training [--repetitions 5] [--case softmax] [--cpu] [--gpu [--compiled] [--tf32]] [--json]`; `--cpu` compares processor time
 * instead of wall clock, for machines that have other things to do; `--compiled` sets convoy with XLA against PyTorch with `torch.compile`;
 * `--tf32` lets both shorten mantissas where they do so by themselves.
 */
const { values } = parseArgs({
  options: {
    repetitions: { type: "string", default: "5" },
    case: { type: "string", default: "" },
    cpu: { type: "boolean", default: false },
    gpu: { type: "boolean", default: false },
    compiled: { type: "boolean", default: false },
    tf32: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const card = values.gpu ? await graphicsCard() : undefined;
if (values.gpu && card === undefined) {
  process.stderr.write("skipped: nvidia-smi finds no NVIDIA card on this machine\n");
  reportBench({ name: "training", rows: [] }, [], values.json);
} else await compareAll();

async function compareAll(): Promise<void> {
  const { cacheFolder } = readEnvironment();
  const field = values.gpu ? await cardField(cacheFolder, values) : await processorField(cacheFolder);
  const rows: BenchRow[] = [];
  const details: Record<string, string | number>[] = [];
  for (const one of trainingCases.filter((given) => caseName(given).includes(values.case))) {
    const given = values.gpu ? { ...one, rows: one.cardRows } : one;
    const result = await compete(field, given, Number(values.repetitions));
    rows.push(...result.races.map((race) => raceRow(given, race)));
    if (!values.gpu) rows.push(...(given.height <= 28 ? [compileRow(given, result)] : []), ...memoryRows(given, result));
    details.push(describe(given, result));
  }
  if (card !== undefined) process.stderr.write(`${card}\n`);
  reportBench({ name: "training", rows }, details, values.json);
}

/** Epochs of convoy and of one rival, turn by turn. */
interface Race {
  rival: Rival;
  turns: { ours: EpochCost; theirs: EpochCost }[];
}

interface Result {
  races: Race[];
  /** convoy's first epoch, in which graphs are compiled and kernels chosen, and its last. */
  first: EpochCost;
  last: EpochCost;
  /** Of the card's memory, after convoy's first epoch. */
  cardBytes: number;
}

async function compete(field: Field, given: TrainingCase, repetitions: number): Promise<Result> {
  const start = ({ command, variables }: Trainer) => new Contestant(command, given, variables);
  const usedBefore = values.gpu ? await usedCardBytes() : 0;
  const ours = start(field.ours);
  const rivals: { contestant: Contestant; race: Race }[] = [];
  try {
    const first = await ours.epoch();
    const cardBytes = values.gpu ? (await usedCardBytes()) - usedBefore : 0;
    for (const rival of field.rivals) rivals.push({ contestant: start(rival), race: { rival, turns: [] } });
    for (const { contestant } of rivals) await contestant.epoch();
    let last = first;
    for (let turn = 0; turn < repetitions; turn++) {
      last = await ours.epoch();
      for (const { contestant, race } of rivals) race.turns.push({ ours: last, theirs: await contestant.epoch() });
    }
    return { races: rivals.map(({ race }) => race), first, last, cardBytes };
  } finally {
    await Promise.all([ours, ...rivals.map(({ contestant }) => contestant)].map((contestant) => contestant.end()));
  }
}

function raceRow(given: TrainingCase, { rival, turns }: Race): BenchRow {
  const timeOf = ({ cpuSeconds, seconds }: EpochCost) => (values.cpu ? cpuSeconds : seconds);
  const what = { case: caseName(given), versus: rival.name, goal: rival.goal(given) };
  return speedRow(
    what,
    turns.map(({ ours, theirs }) => timeOf(theirs) / timeOf(ours)),
  );
}

/** Seconds of processor time that the first epoch took longer, in which the step is recorded, written, loaded and planned. */
function compileRow(given: TrainingCase, { first, races }: Result): BenchRow {
  const what = { case: `compiling, ${caseName(given)}`, versus: "1 s", goal: 1 };
  return benchRow(
    what,
    races.flatMap(({ turns }) => turns.map(({ ours }) => first.cpuSeconds - ours.cpuSeconds)),
  );
}

/** Memory after the last epoch beside that after the first, and the most it took where the case is one of 60,000 small images. */
function memoryRows(given: TrainingCase, { first, last }: Result): BenchRow[] {
  const growth = { case: `memory, ${caseName(given)}`, versus: "after one epoch", goal: 1.05 };
  const peak = { case: `peak memory, ${given.rows} images of ${given.name}`, versus: "1.2 GB", goal: 1 };
  return [
    benchRow(growth, [last.residentBytes / first.residentBytes]),
    ...(given.rows === 60_000 ? [benchRow(peak, [(last.peakBytes ?? Number.NaN) / 1.2e9])] : []),
  ];
}

/** Images a second of each, and what it costs. */
function describe(given: TrainingCase, { races, last, cardBytes }: Result): Record<string, string | number> {
  const median = (costs: EpochCost[], of: "seconds" | "cpuSeconds") => spread(costs.map((cost) => cost[of])).median;
  const speed = (costs: EpochCost[]) => Math.round(given.rows / median(costs, "seconds"));
  const compared = races.map(({ rival, turns }) => {
    const [ours, theirs] = [turns.map((turn) => turn.ours), turns.map((turn) => turn.theirs)];
    return {
      "convoy images/s": speed(ours),
      [`${rival.name} images/s`]: speed(theirs),
      [`processor time vs ${rival.name}`]: Number((median(theirs, "cpuSeconds") / median(ours, "cpuSeconds")).toPrecision(3)),
    };
  });
  return Object.assign(
    { case: caseName(given) },
    ...compared,
    { "convoy MB": Math.round(last.residentBytes / 1e6) },
    values.gpu ? { "card MB": Math.round(cardBytes / 1e6) } : {},
  ) as Record<string, string | number>;
}

function caseName({ name, batchSize }: TrainingCase): string {
  return `${name}, batch ${batchSize}`;
}
