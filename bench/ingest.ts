import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";

import { decodeImage } from "../activities/ingest/decode-image.ts";
import { ingestPart } from "../activities/ingest-part.ts";
import { ingest } from "../activities/ingest.ts";
import { readEnvironment } from "../environment.ts";
import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import { ingestParametersSchema } from "../ml/ingest/schema.ts";
import { randomStream } from "../ml/random.ts";
import { projectFolder } from "./convoy-process.ts";
import { IngestWorker } from "./ingest-worker-process.ts";
import { installPython } from "./install-python.ts";
import type { BenchRow } from "./report-bench.ts";
import { reportBench, spread } from "./report-bench.ts";
import type { StageBench } from "./stage-bench.ts";
import { openStageBench } from "./stage-bench.ts";
import { sharp } from "../sharp.ts";

/**
 * Ingest of class folders of JPEG pictures beside a single-process Pillow loop that does the same decoding and resizing: how many times as
 * fast, processor milliseconds an image, the share of them that is decoding, and what a second worker adds.
 * `npm run bench -- ingest [--repetitions 3] [--size 600x450] [--json]`
 */
const { values } = parseArgs({
  options: {
    repetitions: { type: "string", default: "3" },
    size: { type: "string", default: "" },
    json: { type: "boolean", default: false },
  },
});

interface Size {
  width: number;
  height: number;
  images: number;
  /** Times Pillow's speed. */
  goal: number;
}

const sizes: readonly Size[] = [
  { width: 1600, height: 1200, images: 48, goal: 6 },
  { width: 600, height: 450, images: 300, goal: 1.5 },
  { width: 200, height: 150, images: 1500, goal: 0.5 },
];
const [targetHeight, targetWidth] = [75, 100];
/** Pictures drawn; the others are copies that differ in their last bytes, so that none is stored twice. */
const distinct = 12;
const parameters = { ingest: ingestParametersSchema.parse({ height: targetHeight, width: targetWidth }), dataset: {} };
const run = promisify(execFile);

const bench = await openStageBench();
try {
  const python = await installPython(readEnvironment().cacheFolder, "pillow", ["pillow==13.0.0", "numpy==2.4.6"]);
  const rows: BenchRow[] = [];
  const details: Record<string, string | number>[] = [];
  for (const size of sizes.filter(({ width, height }) => `${width}x${height}`.includes(values.size))) {
    const { row, detail } = await measure(size, bench, python);
    rows.push(row);
    details.push(detail);
  }
  if (values.size === "") rows.push(await measureWorkers(bench));
  reportBench({ name: "ingest", rows }, details, values.json);
} finally {
  await bench.close();
}

async function measure(size: Size, { context, folder }: StageBench, python: string) {
  const name = `${size.width}x${size.height}`;
  const source = await storePictures(size, { context, folder: join(folder, name) });
  const [ratios, ourCpu, theirCpu]: [number[], number[], number[]] = [[], [], []];
  for (let turn = 0; turn <= Number(values.repetitions); turn++) {
    const theirs = await pillow(python, join(folder, name));
    const ours = await cost(() => ingestWhole(source, context));
    if (turn === 0) continue; // warms both
    ratios.push(theirs.seconds / ours.seconds);
    ourCpu.push(ours.cpuSeconds);
    theirCpu.push(theirs.cpuSeconds);
  }
  const decoding = await cost(() => decodeAll(join(folder, name), size.images));
  const { min, median, max } = spread(ratios);
  const milliseconds = (cpu: readonly number[]) => Number(((1000 * spread(cpu).median) / size.images).toFixed(2));
  const round = (value: number) => Number(value.toPrecision(4));
  const row: BenchRow = {
    case: `${name} JPEG to ${targetWidth}x${targetHeight}`,
    versus: "a Pillow loop",
    ratio: round(median),
    min: round(min),
    max: round(max),
    goal: size.goal,
    met: median >= size.goal,
  };
  const detail = {
    case: row.case,
    "convoy CPU ms/image": milliseconds(ourCpu),
    "Pillow CPU ms/image": milliseconds(theirCpu),
    "decoding, share of convoy's CPU": Number(Math.min(1, decoding.cpuSeconds / spread(ourCpu).median).toFixed(2)),
  };
  return { row, detail };
}

/** Smooth pictures with some grain, as photographs are; the client's way into the store. */
async function storePictures(
  { width, height, images }: Size,
  { context, folder }: { context: StageBench["context"]; folder: string },
): Promise<ArtifactRef> {
  const random = randomStream(1, "pictures", width);
  const drawn = await Promise.all(Array.from({ length: distinct }, () => drawPicture(width, height, random)));
  const files = [];
  for (let i = 0; i < images; i++) {
    const path = `${i % 2 === 0 ? "cats" : "dogs"}/${String(i).padStart(5, "0")}.jpg`;
    const bytes = Buffer.concat([drawn[i % distinct] ?? Buffer.alloc(0), Buffer.from(`\n${i}`)]);
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), bytes);
    const { uri, sha256, sizeBytes } = await context.artifacts.put(bytes, mediaTypes.bytes);
    files.push({ path, sizeBytes, sha256, uri });
  }
  return context.artifacts.putJson({ formatVersion: 1, files });
}

async function drawPicture(width: number, height: number, random: () => number): Promise<Buffer> {
  const coarse = Uint8Array.from({ length: 16 * 12 * 3 }, () => Math.floor(random() * 256));
  const { data } = await sharp(coarse, { raw: { width: 16, height: 12, channels: 3 } })
    .resize(width, height, { kernel: "cubic", fit: "fill" })
    .raw()
    .toBuffer({ resolveWithObject: true });
  for (let i = 0; i < data.length; i++) data[i] = Math.min(255, Math.max(0, (data[i] ?? 0) + Math.floor(random() * 24) - 12));
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** As the workflow does: parts, where there are some, are made and joined; one after the other here. */
async function ingestWhole(source: ArtifactRef, context: StageBench["context"]): Promise<void> {
  const task = { parameters, inputs: { source }, seed: 0 };
  const answer = await ingest(task, context);
  if (!("parts" in answer)) return;
  const joined: ArtifactRef[] = [];
  for (const part of answer.parts) joined.push(await ingestPart({ parameters, part }, context));
  await ingest({ ...task, joined }, context);
}

async function decodeAll(folder: string, images: number): Promise<void> {
  const shape = { height: targetHeight, width: targetWidth, channels: 3, dtype: "uint8" as const };
  let next = 0;
  const work = async () => {
    for (let i = next++; i < images; i = next++) {
      const path = `${i % 2 === 0 ? "cats" : "dogs"}/${String(i).padStart(5, "0")}.jpg`;
      await decodeImage(await readFile(join(folder, path)), shape, parameters.ingest);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
}

async function cost(work: () => Promise<void>): Promise<{ seconds: number; cpuSeconds: number }> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
}

async function pillow(python: string, folder: string): Promise<{ seconds: number; cpuSeconds: number }> {
  const program = join(projectFolder, "bench", "ingest-pillow.py");
  const { stdout } = await run(python, [program, folder, String(targetHeight), String(targetWidth)]);
  return JSON.parse(stdout) as { seconds: number; cpuSeconds: number };
}

/** Two workers of one decoding thread each against one of them, over the same four parts. */
async function measureWorkers({ context, settings, folder }: StageBench): Promise<BenchRow> {
  const source = await storePictures(
    { width: 320, height: 240, images: 4096, goal: 0 },
    { context, folder: join(folder, "many") },
  );
  const answer = await ingest({ parameters, inputs: { source }, seed: 0 }, context);
  const parts = "parts" in answer ? [...answer.parts] : [];
  const worker = () => new IngestWorker({ settings, folder, parameters });
  const workers = [worker(), worker()];
  try {
    const [first, second] = workers;
    if (!first || !second) throw new TypeError("two workers are started");
    if (parts.length % 2 !== 0) throw new TypeError(`${parts.length} parts cannot be shared evenly`);
    const halves = [parts.filter((_, i) => i % 2 === 0), parts.filter((_, i) => i % 2 === 1)] as const;
    const ratios: number[] = [];
    for (let turn = 0; turn <= Number(values.repetitions); turn++) {
      const alone = await cost(() => first.make([...halves[0], ...halves[1]]));
      const together = await cost(async () => void (await Promise.all([first.make(halves[0]), second.make(halves[1])])));
      if (turn > 0) ratios.push(alone.seconds / together.seconds);
    }
    const { min, median, max } = spread(ratios);
    const round = (value: number) => Number(value.toPrecision(4));
    const goal = 1.6;
    return {
      case: "two workers of one core each",
      versus: "one of them",
      ratio: round(median),
      min: round(min),
      max: round(max),
      goal,
      met: median >= goal,
    };
  } finally {
    for (const each of workers) each.end();
  }
}
