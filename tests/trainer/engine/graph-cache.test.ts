import { readdirSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { createEngine } from "../../../trainer/engine/create-engine.ts";
import { disposeContext, engineContext } from "../../../trainer/engine/engine-context.ts";
import type { EngineOptions } from "../../../trainer/engine/engine.ts";
import { compileGraph } from "../../../trainer/engine/graph/compile.ts";
import { GraphCache } from "../../../trainer/engine/graph/graph-cache.ts";
import { loadTestTensorflow } from "../../support/test-device.ts";
import { engineOptions, hashOfState, trainEpochs, type Case } from "./support.ts";

let folder: string;
beforeAll(loadTestTensorflow);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-graphs-"));
});
afterEach(() => rm(folder, { recursive: true }));

const given: Case = { model: [{ conv: 4, dropout: 0.2 }, { pool: "max" }, { dense: 8 }], train: { engine: "graph" } };

/** A cache over the folder as another process would open it, which counts what it compiles. */
function openCache({ build = "build-1", largestBytes = 2 ** 28 } = {}) {
  let compiled = 0;
  const graphs = new GraphCache({
    folder,
    maker: { build },
    largestBytes,
    compile: (context, plan) => {
      compiled++;
      return compileGraph(context, plan);
    },
  });
  return { graphs, compiled: () => compiled };
}

async function trainedBits(graphs?: GraphCache): Promise<string> {
  const engine = createEngine({ ...engineOptions(given), ...(graphs === undefined ? {} : { graphs }) });
  await trainEpochs(engine, 2);
  const hash = hashOfState(await engine.state());
  engine.dispose();
  return hash;
}

const plan = { batchSizes: [16], stepsPerCall: 1, resident: true };

/** How many graphs are compiled for these options. */
function compiledFor(options: EngineOptions, cache = openCache()): number {
  const context = engineContext(options);
  cache.graphs.graphFor(context, plan);
  disposeContext(context);
  return cache.compiled();
}

describe("graphs kept on disk", () => {
  test("are recorded once and train to the same bits", async () => {
    const [first, second] = [openCache(), openCache()];

    const hashes = [await trainedBits(), await trainedBits(first.graphs), await trainedBits(second.graphs)];

    expect(new Set(hashes).size).toBe(1);
    expect([first.compiled(), second.compiled()]).toEqual([1, 0]);
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  });

  const changes: [string, Partial<Case>][] = [
    ["layers", { model: [{ conv: 4, dropout: 0.3 }, { pool: "max" }, { dense: 8 }] }],
    ["optimizer", { train: { engine: "graph", optimizer: { name: "sgd" } } }],
    ["loss", { train: { engine: "graph", loss: { name: "focal" } } }],
    ["class weights", { train: { engine: "graph", classWeights: { "class 0": 2 } } }],
    ["augmentation", { augment: { rotation: 10 } }],
    ["normalization", { normalize: { offset: [3] } }],
    ["seed", { seed: 4 }],
    ["size of the images", { shape: { height: 8, width: 9, channels: 1 } }],
    ["number of rows", { rows: 44 }],
    ["classes", { classes: 5 }],
  ];
  test.each(changes)("are not those of another network: %s", (_, change) => {
    compiledFor(engineOptions(given));

    expect(compiledFor(engineOptions(given))).toBe(0);
    expect(compiledFor(engineOptions({ ...given, ...change }))).toBe(1);
  });

  test("are not those of another build", () => {
    compiledFor(engineOptions(given));

    expect(compiledFor(engineOptions(given), openCache({ build: "build-2" }))).toBe(1);
  });

  test("are never of modules of the user's own, which may read what no key knows", () => {
    const context = engineContext(engineOptions(given));
    const own = { loss: {} } as unknown as NonNullable<EngineOptions["own"]>;
    const graphs = new GraphCache({ folder, maker: {}, compile: () => compileGraph(context, plan) });

    graphs.graphFor({ ...context, options: { ...context.options, own } }, plan);

    expect(readdirSync(folder)).toEqual([]);
    disposeContext(context);
  });

  test("are compiled anew where the file is damaged, which is mended", async () => {
    compiledFor(engineOptions(given));
    const path = join(folder, (await readdir(folder))[0]!);
    const whole = await readFile(path);
    const damages = [() => truncate(path, 100), () => writeFile(path, whole.with(whole.length - 5, 255 - whole.at(-5)!))];

    for (const damage of damages) {
      await damage();

      expect(compiledFor(engineOptions(given))).toBe(1);
      expect(compiledFor(engineOptions(given))).toBe(0);
    }
  });

  test("take no more than their share of the disk: what was used longest ago goes", async () => {
    const seeds = [1, 2, 3];
    for (const seed of seeds) compiledFor(engineOptions({ ...given, seed }));
    const paths = (await readdir(folder)).map((name) => join(folder, name));
    for (const path of paths) await utimes(path, 1, 1);
    const { length } = await readFile(paths[0]!);

    expect(compiledFor(engineOptions({ ...given, seed: 1 }))).toBe(0); // now the youngest
    expect(compiledFor(engineOptions({ ...given, seed: 4 }), openCache({ largestBytes: 2.5 * length }))).toBe(1);

    expect(await readdir(folder)).toHaveLength(2);
    expect(compiledFor(engineOptions({ ...given, seed: 1 }))).toBe(0);
    expect(compiledFor(engineOptions({ ...given, seed: 2 }))).toBe(1);
  });
});
