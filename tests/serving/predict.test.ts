import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { Predictor } from "../../activities/predictor.ts";
import type { ReadImage } from "../../serving/read-images.ts";
import { readImages } from "../../serving/read-images.ts";
import { listFiles } from "../../serving/list-files.ts";
import { predictImages } from "../../serving/predict-images.ts";
import { inputShape, resizeParameters } from "../../activities/model-input.ts";
import { compareVersions } from "../../activities/compare-versions.ts";
import { Models } from "../../client/models.ts";
import { TrainerCrashed } from "../../ml/errors.ts";
import { predictedClasses } from "../../ml/evaluate/predicted-classes.ts";
import { partCodes } from "../../ml/split/schema.ts";
import { readImages as readDatasetImages } from "../../storage/dataset-images.ts";
import { readSplit } from "../../storage/read-split.ts";
import { storeSmallDataset } from "../support/small-dataset.ts";
import { ModelRegistry } from "../../storage/model-registry.ts";
import { serveModel } from "../../serving/serve-model.ts";
import { encodeTable, readTable } from "../../storage/tables.ts";
import { encodeNpy } from "../../storage/npy.ts";
import { keptLog } from "../support/quiet-log.ts";
import type { ServedModel } from "../support/served-model.ts";
import { publishSmallModel } from "../support/served-model.ts";
import type { TrainerBench } from "../support/trainer-bench.ts";
import { openTrainerBench } from "../support/trainer-bench.ts";
import { zipFile } from "../support/zip-file.ts";

let bench: TrainerBench;
let model: ServedModel;
let predictor: Predictor;
let folder: string;

beforeAll(async () => {
  bench = await openTrainerBench();
  model = await publishSmallModel(bench, { calibration: "temperature" });
  predictor = await Predictor.open(model.version, {
    artifacts: bench.store.artifacts,
    trainer: bench.settings(),
    log: keptLog(),
  });
  folder = await mkdtemp(join(tmpdir(), "convoy-predict-"));
}, 300_000);
afterAll(async () => {
  await predictor.close();
  await bench.close();
  await rm(folder, { recursive: true, force: true });
});

/** Probabilities that the evaluation wrote down, by test row and class. */
async function evaluated(): Promise<number[][]> {
  const table = await readTable(await bench.store.artifacts.localPath(model.evaluated.predictions));
  return (table["row"] ?? []).map((_, i) =>
    model.version.signature.classes.map((name) => table[`probability:${name}`]?.[i] as number),
  );
}

async function read(...paths: string[]): Promise<ReadImage[]> {
  const openBucket = () => bench.store.objects;
  const files = await listFiles(paths, { folder, scratchFolder: folder, openBucket });
  const { signature } = model.version;
  const images: ReadImage[] = [];
  for await (const image of readImages(files, {
    shape: inputShape(signature),
    resizing: resizeParameters(model.version),
    reader: null,
    scratchFolder: folder,
  }))
    images.push(image);
  return images;
}

describe("a prediction", () => {
  test("of each test picture equals the evaluation bit for bit, however many are asked about at once", async () => {
    await mkdir(join(folder, "test"));
    for (const { row, png } of model.images) await writeFile(join(folder, "test", `${String(row).padStart(4, "0")}.png`), png);
    const images = await read("test");
    const each = async function* () {
      yield* images;
    };

    const all = await predictImages(each(), predictor, { signature: model.version.signature, onProgress: () => {} });
    const alone = await Promise.all(images.slice(0, 7).map(async ({ pixels }) => [...(await predictor.predict(pixels!, 1))]));

    const expected = await evaluated();
    expect(model.version.signature.calibration).toMatchObject({ method: "temperature" });
    expect(all.unreadable).toEqual([]);
    expect(expected).toHaveLength(model.images.length);
    expect(all.predictions.map(({ probabilities }) => [...probabilities])).toEqual(expected);
    expect(alone).toEqual(expected.slice(0, 7));
    expect(all.predictions[0]).toMatchObject({ path: "test/0004.png", class: "band 0" });
  });

  test("with other threads and without oneDNN's kernels lies within 1e-6 of the evaluation", async () => {
    const variables = { TF_ENABLE_ONEDNN_OPTS: "0", TF_NUM_INTRAOP_THREADS: "3" };
    const other = await Predictor.open(model.version, {
      artifacts: bench.store.artifacts,
      trainer: bench.settings({}, variables),
      log: keptLog(),
    });

    const answers = await Promise.all(model.images.map(async ({ pixels }) => [...(await other.predict(pixels, 1))]));
    await other.close();

    const distances = (await evaluated()).flatMap((row, i) => row.map((value, code) => Math.abs(value - answers[i]![code]!)));
    expect(distances).toHaveLength(4 * model.images.length);
    expect(Math.max(...distances)).toBeLessThan(1e-6);
  });

  test("fails with the reason when its process dies, and so does every one asked for later", async () => {
    const log = keptLog();
    const doomed = await Predictor.open(model.version, { artifacts: bench.store.artifacts, trainer: bench.settings(), log });
    const pid = log.lines.find(({ message }) => message === "trainer ready")!.fields.pid!;
    process.kill(pid, "SIGSTOP");
    const pending = doomed.predict(model.images[0]!.pixels, 1);
    process.kill(pid, "SIGKILL");

    await expect(pending).rejects.toThrow(TrainerCrashed);
    await expect(pending).rejects.toThrow(/signal SIGKILL/);
    await expect(doomed.predict(model.images[0]!.pixels, 1)).rejects.toThrow(TrainerCrashed);
  });
});

describe("a served model", () => {
  test("answers pictures over HTTP with the evaluation's bits, and follows its alias", async () => {
    const registry = new ModelRegistry(bench.store.objects);
    const models = new Models(bench.store);
    await models.setAlias("bands:1", "champion", "first");
    let computing = 0;
    let held: Promise<void> = Promise.resolve();
    const served = await serveModel({
      resolve: () => models.resolve("bands@champion"),
      // The second version has the same weights: one process does for both.
      open: async () => ({
        batchSize: predictor.batchSize,
        predict: async (...asked) => {
          computing++;
          await held;
          return predictor.predict(...asked);
        },
        ended: new Promise(() => {}),
        close: async () => {},
      }),
      host: "127.0.0.1",
      port: 0,
      token: null,
      log: keptLog(),
      pollMs: 20,
    });
    const ask = async (png: Buffer) => {
      const response = await fetch(`${served.url}/v2/models/bands/infer`, {
        method: "POST",
        headers: { "content-type": "image/png" },
        body: Uint8Array.from(png),
      });
      return (await response.json()) as { model_version: string; outputs: [{ data: number[] }] };
    };
    const { formatVersion: _format, version: _number, contentHash: _hash, ...content } = model.version;
    const second = await registry.publish({ ...content, signature: { ...content.signature, threshold: 0.25 } });

    const answers = await Promise.all(model.images.slice(0, 20).map(({ png }) => ask(png)));
    await models.setAlias(`bands:${second.version}`, "champion", "better");
    await expect.poll(async () => (await ask(model.images[0]!.png)).model_version, { timeout: 10_000 }).toBe("2");

    expect(answers.map(({ outputs }) => outputs[0].data)).toEqual((await evaluated()).slice(0, 20));
    expect(new Set(answers.map((answer) => answer.model_version))).toEqual(new Set(["1"]));

    let release = () => {};
    held = new Promise((resolve) => (release = resolve));
    const before = computing;
    const late = ask(model.images[0]!.png);
    await expect.poll(() => computing).toBe(before + 1);
    const closing = served.close();
    release();
    expect((await late).outputs[0].data).toEqual((await evaluated())[0]);
    await closing;
    await expect(fetch(served.url)).rejects.toThrow("fetch failed");
  });
});

describe("the champion", () => {
  test("is asked about the challenger's test set where it is another than its own, and gives the same answers as that time", async () => {
    const { artifacts } = bench.store;
    const other = await storeSmallDataset(artifacts, { rowCount: 60, seed: 8 });
    const codes = await readSplit(artifacts, other.split, other.dataset);
    const rows = Int32Array.from([...codes.keys()].filter((row) => codes[row] === partCodes.test));
    const pixels = await readDatasetImages(other.dataset, artifacts, rows);
    const probabilities = await predictor.predict(
      Buffer.concat([...rows].map((row) => pixels.get(row) as Uint8Array)),
      rows.length,
    );
    const predicted = predictedClasses(probabilities, 4, 0.5);
    const predictions = await artifacts.put(encodeTable([{ name: "predicted", type: "int32", values: predicted }]), "x");
    const { version: champion } = model;
    const lineage = { dataset: (await artifacts.putJson(other.dataset)).sha256, split: other.split.sha256 };
    const challenger = { ...champion, version: 7, lineage, evidence: { ...champion.evidence, predictions } };
    const policy = { gate: "nonInferior", margin: 0.02 } as const;
    const context = { store: bench.store, log: keptLog(), signal: new AbortController().signal };

    const undecided = await compareVersions({ challenger, champion, policy }, { ...context, trainer: null });
    const decided = await compareVersions({ challenger, champion, policy }, { ...context, trainer: bench.settings() });

    expect(undecided).toBe(null);
    expect(decided).toMatchObject({ promote: true, comparison: { difference: { value: 0, low: 0, high: 0 } } });
  });
});

describe("images to predict", () => {
  test("come from files, folders, archives and buckets, and say where they are from", async () => {
    const [first, second] = model.images as [ServedModel["images"][number], ServedModel["images"][number]];
    await mkdir(join(folder, "loose"));
    await writeFile(join(folder, "loose", "b.png"), second.png);
    await writeFile(join(folder, "loose", "README.txt"), "not a picture");
    await writeFile(join(folder, "more.zip"), zipFile([{ name: "in/a.png", bytes: first.png }]));
    for (const key of ["scans/a.png", "scans-old/b.png"]) await bench.store.objects.put(key, first.png);

    const images = await read("loose", "more.zip", "s3://hospital/scans");

    expect(images.map(({ path }) => path)).toEqual(["loose/b.png", "more.zip/in/a.png", "s3://hospital/scans/a.png"]);
    expect(images.map(({ pixels }) => [...pixels!])).toEqual([second, first, first].map(({ pixels }) => [...pixels]));
  });

  test("may be arrays of the model's own shape", async () => {
    const [image] = model.images as [ServedModel["images"][number]];
    const pixels = [...image.pixels];
    const two = Uint8Array.from([...pixels, ...pixels.toReversed()]);
    await writeFile(join(folder, "two.npy"), encodeNpy({ dtype: "uint8", shape: [2, 8, 8], data: two }));
    await writeFile(join(folder, "wrong.npy"), encodeNpy({ dtype: "uint8", shape: [1, 4, 4], data: new Uint8Array(16) }));
    const fractions = Float32Array.from(pixels, (pixel) => pixel / 255);
    await writeFile(join(folder, "fractions.npy"), encodeNpy({ dtype: "float32", shape: [1, 8, 8], data: fractions }));
    const deep = Uint16Array.from(pixels, (pixel) => pixel * 257);
    await writeFile(join(folder, "deep.npy"), encodeNpy({ dtype: "uint16", shape: [1, 8, 8], data: deep }));

    const mask = encodeNpy({ dtype: "bool", shape: [1, 8, 8], data: new Uint8Array(64) });
    await writeFile(join(folder, "mask.npy"), mask);

    const images = await read("two.npy", "fractions.npy", "wrong.npy", "deep.npy", "mask.npy");

    const found = images.map(({ pixels: values, ...rest }) => ({ ...rest, pixels: values && [...values] }));
    expect(found.slice(0, 3)).toEqual([
      { path: "two.npy#0", pixels, reason: "" },
      { path: "two.npy#1", pixels: pixels.toReversed(), reason: "" },
      { path: "fractions.npy#0", pixels, reason: "" },
    ]);
    expect(found[3]).toMatchObject({ path: "wrong.npy", pixels: null });
    expect(found[3]?.reason).toContain("images of 4×4×1; the model takes 8×8×1");
    expect(found[4]).toMatchObject({ path: "deep.npy", pixels: null, reason: "holds uint16; uint8 is wanted" });
    expect(found[5]).toMatchObject({ path: "mask.npy", pixels: null });
    expect(found[5]?.reason).toContain("images are numbers; received bool");
  });

  test("that cannot be read are listed with the reason, each", async () => {
    const [{ png }] = model.images as [ServedModel["images"][number]];
    await writeFile(join(folder, "cut.png"), png.subarray(0, 40));
    await writeFile(join(folder, "page.png"), "<svg/>");
    await writeFile(join(folder, "notes.txt"), "hello");

    const images = await read("cut.png", "page.png", "notes.txt");

    expect(images.map(({ path, pixels }) => [path, pixels])).toEqual([
      ["cut.png", null],
      ["page.png", null],
      ["notes.txt", null],
    ]);
    expect(images.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/./),
      expect.stringContaining("is no JPEG, PNG"),
      expect.stringContaining("by its name no image"),
    ]);
    await expect(read("absent")).rejects.toThrow(/absent does not exist/);
    expect(await readFile(join(folder, "notes.txt"), "utf8")).toBe("hello");
  });
});
