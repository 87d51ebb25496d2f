import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";

import { decodedAtOnce, decodeInOrder } from "../activities/ingest/decode-in-order.ts";
import { ingestPart } from "../activities/ingest-part.ts";
import { ingest } from "../activities/ingest.ts";
import { readEnvironment } from "../environment.ts";
import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import { ingestParametersSchema } from "../ml/ingest/schema.ts";
import { randomStream } from "../ml/random.ts";
import { Turns } from "../storage/turns.ts";
import { projectFolder } from "./convoy-process.ts";
import { IngestWorker } from "./ingest-worker-process.ts";
import { installPython } from "./install-python.ts";
import type { BenchRow } from "./report-bench.ts";
import { reportBench, speedRow, spread } from "./report-bench.ts";
import type { StageBench } from "./stage-bench.ts";
import { openStageBench } from "./stage-bench.ts";
import { sharp } from "../sharp.ts";

/**
 * Ingest of class folders of JPEG pictures beside a single-process Pillow loop that does the same decoding and resizing: how many times as
 * fast, processor milliseconds an image, the share of them that is decoding, and what a second worker adds. Beside it stands how many times as
 * fast as Pillow sharp alone is, one call an image and as many at a time as ingest has, with nothing hashed or stored; and ingest of files that
 * this machine has not read before, whose bytes are verified by their hash.
 *
 * Sets are as large as real ones are at least, so that what a stage costs once does not count as what an image costs.
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
  { width: 1600, height: 1200, images: 1024, goal: 6 },
  { width: 600, height: 450, images: 3072, goal: 1.5 },
  { width: 200, height: 150, images: 6144, goal: 0.5 },
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

async function measure(size: Size, { context, folder, cacheFolder }: StageBench, python: string) {
  const name = `${size.width}x${size.height}`;
  const { source, bytes } = await storePictures(size, { context, folder: join(folder, name) });
  const [ratios, firstRatios, floors]: [number[], number[], number[]] = [[], [], []];
  const [ourCpu, theirCpu, sharpCpu]: [number[], number[], number[]] = [[], [], []];
  for (let turn = 0; turn <= Number(values.repetitions); turn++) {
    const theirs = await pillow(python, join(folder, name));
    await rm(cacheFolder, { recursive: true, force: true });
    const first = await cost(() => ingestWhole(source, context));
    const ours = await cost(() => ingestWhole(source, context));
    const sharpAlone = await cost(() => forEachImage(join(folder, name), size.images, sharpOnly));
    if (turn === 0) continue; // warms both
    ratios.push(theirs.seconds / ours.seconds);
    firstRatios.push(theirs.seconds / first.seconds);
    ourCpu.push(ours.cpuSeconds);
    theirCpu.push(theirs.cpuSeconds);
    floors.push(theirs.seconds / sharpAlone.seconds);
    sharpCpu.push(sharpAlone.cpuSeconds);
  }
  const decoding = await cost(() => decodeAsIngest(join(folder, name), size.images));
  const milliseconds = (cpu: readonly number[]) => Number(((1000 * spread(cpu).median) / size.images).toFixed(2));
  const what = { case: `${name} JPEG to ${targetWidth}x${targetHeight}`, versus: "a Pillow loop", goal: size.goal };
  const row = speedRow(what, ratios);
  const detail = {
    case: row.case,
    "convoy CPU ms/image": milliseconds(ourCpu),
    "Pillow CPU ms/image": milliseconds(theirCpu),
    "sharp alone CPU ms/image": milliseconds(sharpCpu),
    "sharp alone, times Pillow": Number(spread(floors).median.toPrecision(4)),
    "first time, times Pillow": Number(spread(firstRatios).median.toPrecision(4)),
    "bytes a pixel": Number((bytes / size.images / size.width / size.height).toFixed(2)),
    "decoding, share of convoy's CPU": Number(Math.min(1, decoding.cpuSeconds / spread(ourCpu).median).toFixed(2)),
  };
  return { row, detail };
}

/**
 * Smooth pictures with some grain, at quality 90, and the client's way into the store. They take 0.24 bytes a pixel at 1600 × 1200 and 0.36 at
 * 200 × 150, about as camera photographs of that quality do (0.25 to 0.4). Pictures drawn with the spectrum of photographs instead (measured on
 * Asirra's cats and dogs) took 0.23 and 0.28, and at 1600 × 1200 as long to decode.
 */
async function storePictures(
  { width, height, images }: Size,
  { context, folder }: { context: StageBench["context"]; folder: string },
): Promise<{ source: ArtifactRef; bytes: number }> {
  const random = randomStream(1, "pictures", width);
  const drawn = await Promise.all(Array.from({ length: distinct }, () => drawPicture(width, height, random)));
  const files = [];
  for (let i = 0; i < images; i++) {
    const path = picturePath(i);
    const bytes = Buffer.concat([drawn[i % distinct] ?? Buffer.alloc(0), Buffer.from(`\n${i}`)]);
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), bytes);
    const { uri, sha256, sizeBytes } = await context.artifacts.put(bytes, mediaTypes.bytes);
    files.push({ path, sizeBytes, sha256, uri });
  }
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { source: await context.artifacts.putJson({ formatVersion: 1, files }), bytes: totalBytes };
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

/** As the workflow does: parts, where there are some, are made, as many at a time as a data worker makes, and joined. */
async function ingestWhole(source: ArtifactRef, context: StageBench["context"]): Promise<void> {
  const task = { parameters, inputs: { source }, seed: 0 };
  const answer = await ingest(task, context);
  if (!("parts" in answer)) return;
  const slots = new Turns(readEnvironment().CONVOY_DATA_SLOTS);
  const joined = await Promise.all(answer.parts.map((part) => slots.take(() => ingestPart({ parameters, part }, context))));
  await ingest({ ...task, joined }, context);
}

/** As many at a time as ingest has. */
async function forEachImage(folder: string, images: number, work: (path: string) => Promise<unknown>): Promise<void> {
  const turns = new Turns(decodedAtOnce);
  await Promise.all(Array.from({ length: images }, (_, i) => turns.take(() => work(join(folder, picturePath(i))))));
}

async function decodeAsIngest(folder: string, images: number): Promise<void> {
  const shape = { height: targetHeight, width: targetWidth, channels: 3, dtype: "uint8" as const };
  const entries = Array.from({ length: images }, (_, i) => {
    const path = join(folder, picturePath(i));
    return { entry: { path, file: path, member: null, refused: null, read: () => readFile(path) } };
  });
  for await (const { reason } of decodeInOrder(entries, shape, parameters.ingest)) if (reason !== "") throw new Error(reason);
}

function sharpOnly(path: string): Promise<Buffer> {
  return sharp(path).resize(targetWidth, targetHeight, { fit: "fill", kernel: "linear" }).raw().toBuffer();
}

function picturePath(index: number): string {
  return `${index % 2 === 0 ? "cats" : "dogs"}/${String(index).padStart(5, "0")}.jpg`;
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
  const { source } = await storePictures(
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
    return speedRow({ case: "two workers of one core each", versus: "one of them", goal: 1.6 }, ratios);
  } finally {
    for (const each of workers) each.end();
  }
}
