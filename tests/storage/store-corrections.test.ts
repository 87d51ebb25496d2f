import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { stageParameters } from "../../ml/run/stage-parameters.ts";
import { storeCorrections } from "../../storage/store-corrections.ts";
import { aRecord } from "../support/fake-convoy.ts";
import { memoryStore } from "../support/memory-store.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-corrections-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const { pipeline } = aRecord();
const withCorrections = (corrections: string) => ({ ...pipeline, dataset: { ...pipeline.dataset, corrections } });
const head = "image,action,label,reason\n";

test("brings corrections into the store by content, so that what they say enters ingest's key and where they lie does not", async () => {
  const { artifacts } = memoryStore();
  const texts = { "a.csv": "1,exclude,,dark\n", "b.csv": "1,exclude,,torn\n" };
  for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), head + text);

  const [one, again, other] = [
    await storeCorrections(withCorrections("a.csv"), folder, artifacts),
    await storeCorrections(withCorrections(join(folder, "a.csv")), "/elsewhere", artifacts),
    await storeCorrections(withCorrections("b.csv"), folder, artifacts),
  ];

  expect(stageParameters.ingest(again)).toEqual(stageParameters.ingest(one));
  expect(stageParameters.ingest(other)).not.toEqual(stageParameters.ingest(one));
  expect(await storeCorrections(one, "/elsewhere", artifacts)).toEqual(one);
});

test("tells a wrong line, or that there is no such file, before anything runs", async () => {
  await writeFile(join(folder, "wrong.csv"), `${head}1,remove,,dark\n`);

  const { artifacts } = memoryStore();

  await expect(storeCorrections(withCorrections("wrong.csv"), folder, artifacts)).rejects.toThrow(/wrong\.csv, line 2: action/);
  await expect(storeCorrections(withCorrections("gone.csv"), folder, artifacts)).rejects.toThrow(
    /dataset\.corrections "gone\.csv" cannot be read; its path starts from/,
  );
});
