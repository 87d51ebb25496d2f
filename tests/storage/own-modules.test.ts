import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { pipelineSchema } from "../../ml/pipeline.ts";
import { stageParameters } from "../../ml/run/stage-parameters.ts";
import { ArtifactStore } from "../../storage/artifact-store.ts";
import { loadModule } from "../../storage/load-module.ts";
import { storeModules } from "../../storage/store-modules.ts";
import { MemoryObjectStore } from "../support/memory-object-store.ts";

let folder: string;
let artifacts: ArtifactStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-modules-"));
  artifacts = new ArtifactStore(new MemoryObjectStore(), join(folder, "cache"));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Record<string, string>, below = "project"): Promise<string> {
  const project = join(folder, below);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(project, name, ".."), { recursive: true });
    await writeFile(join(project, name), text);
  }
  return project;
}

function pipelineWith(train: object) {
  return pipelineSchema.parse({ name: "own", dataset: { path: "x" }, model: ["flatten"], train });
}

async function storeCallback(files: Record<string, string>, below?: string) {
  const project = await write(files, below);
  return storeModules(pipelineWith({ callbacks: ["./callback.ts"] }), project, artifacts);
}

const counting = {
  "callback.ts": `import { defineCallback } from "convoy";
import { next } from "./lib/next.ts";
interface Told { epoch: number }
export default defineCallback<number>({
  initialState: 0,
  onEpochEnd({ epoch, state }: Told & { state: number }) {
    if (epoch === 3) throw new Error("three is too many");
    return { state: next(state) };
  },
});
`,
  "lib/next.ts": "export const next = (value: number): number => value + 1;\n",
};

describe("a module", () => {
  test("goes into the store with what it imports, and is run from there", async () => {
    const { train } = await storeCallback(counting);
    const [reference] = train.callbacks!;
    const { file, definition } = await loadModule("callback", reference!, artifacts);

    expect(file).toBe("./callback.ts");
    expect(await definition.onEpochEnd!({ epoch: 1, state: 4 } as never)).toEqual({ state: 5 });
  });

  test("has the same hash in another folder, and another after an edit of what it imports; the stage that runs it reads the hash", async () => {
    const [here, there, edited] = [
      await storeCallback(counting),
      await storeCallback(counting, "elsewhere/deep"),
      await storeCallback({ ...counting, "lib/next.ts": "export const next = (value: number) => value + 2;" }, "edited"),
    ];

    expect(stageParameters.train(there)).toEqual(stageParameters.train(here));
    expect(stageParameters.train(edited)).not.toEqual(stageParameters.train(here));
    expect(stageParameters.ingest(edited)).toEqual(stageParameters.ingest(here));
  });

  test("that throws is told with its own file and line", async () => {
    const { train } = await storeCallback(counting);
    const { definition, call } = await loadModule("callback", train.callbacks![0]!, artifacts);
    const run = () => call("onEpochEnd", async () => definition.onEpochEnd!({ epoch: 3, state: 0 } as never));

    await expect(run()).rejects.toMatchObject({
      name: "ModuleFailed",
      message: "callback.ts:7:28 failed in onEpochEnd: three is too many",
    });
  });
});

describe("refused before anything starts", () => {
  test.each([
    [
      { "callback.ts": "export default {\n  a: 1,,\n}" },
      './callback.ts does not compile: callback.ts:2:8: Expected identifier but found ","',
    ],
    [{ "callback.ts": 'import "./gone.ts";' }, './callback.ts does not compile: callback.ts:1:8: Could not resolve "./gone.ts"'],
    [{ "other.ts": "" }, /There is no module \.\/callback\.ts/],
    [
      { "callback.ts": "const x: number = 1;" },
      "./callback.ts must export by default what defineCallback({ … }) gives; received undefined",
    ],
    [
      { "callback.ts": 'import { defineLoss } from "convoy";\nexport default defineLoss({ lossOfRows: () => null! });' },
      "./callback.ts must export by default what defineCallback({ … }) gives; received a loss",
    ],
    [{ "callback.ts": "null!.x();" }, /^callback\.ts:1:\d+ failed in loading: TypeError/],
  ])("%j", async (files, message) => {
    await expect(storeCallback(files)).rejects.toThrow(message);
  });
});
