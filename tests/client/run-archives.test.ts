import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { Link } from "../../client/connect.ts";
import { exportRun, importRun } from "../../client/run-archives.ts";
import { createRegister } from "../../activities/register.ts";
import type { ArtifactRef } from "../../ml/artifact.ts";
import type { RunRecord } from "../../ml/run/schema.ts";
import { ModelRegistry } from "../../storage/model-registry.ts";
import type { Store } from "../../storage/open-store.ts";
import { reachable } from "../../storage/reachable.ts";
import { aRecord, stagesWith } from "../support/fake-convoy.ts";
import { noTrainer } from "../support/no-trainer.ts";
import { memoryStore } from "../support/memory-store.ts";
import { storeRegisterInputs } from "../support/register-inputs.ts";
import { storeSource, testStage } from "../support/stage-context.ts";
import { tarFile } from "../support/tar-file.ts";

let folder: string;
let here: Store;
let there: Store;
let record: RunRecord;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-archive-"));
  [here, there] = [memoryStore(join(folder, "here")), memoryStore(join(folder, "there"))];
  file = join(folder, "run.tar.gz");
  record = await finishedRun(here);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Only the store is asked: the run has ended, so Temporal has nothing to say. */
const linkTo = (store: Store) =>
  ({ store, temporal: { workflow: { getHandle: () => ({ describe: () => null }) } } }) as unknown as Link;

/** A run that registered a model, with data, build and a log. */
async function finishedRun(store: Store): Promise<RunRecord> {
  const inputs = await storeRegisterInputs(store.artifacts);
  const stage = await testStage();
  const parameters = {
    name: "digits",
    licence: null,
    formats: [],
    preprocessing: { resize: "auto" as const, kernel: "linear" as const },
  };
  const context = { ...stage, artifacts: store.artifacts, runId: "0j3k7abc" };
  const { outputs } = await createRegister(store, noTrainer)({ parameters, inputs, seed: 7 }, context);
  await stage.close();
  const ran = (made: Record<string, ArtifactRef>) => ({
    status: "ran" as const,
    key: "k",
    entry: "e",
    codeHash: "c",
    outputs: made,
  });
  const made: RunRecord = aRecord({
    status: "done",
    finishedAt: "2026-01-02T03:04:47.000Z",
    source: await storeSource(store.artifacts, { "a.png": Buffer.from("picture a"), "b.png": Buffer.from("picture b") }),
    build: await store.artifacts.put(Buffer.from("compiled code and lock file"), "application/gzip"),
    model: { name: "digits", version: 1, isNew: true },
    stages: stagesWith({
      ingest: ran({ dataset: inputs.dataset }),
      train: ran({ weights: inputs.weights }),
      register: ran(outputs),
    }),
  });
  await store.runs.put(made);
  await store.objects.put("runs/0j3k7abc/logs/train/0001/000000.ndjson", Buffer.from("a line\n"));
  return made;
}

async function everythingOf(store: Store): Promise<string[]> {
  const { source, build, stages } = record;
  const refs = [source, ...(build ? [build] : []), ...stages.flatMap(({ outputs }) => Object.values(outputs))];
  const found: string[] = [];
  for await (const { ref, isIntact } of reachable(store.artifacts, refs)) if (isIntact) found.push(ref.sha256);
  return found.toSorted();
}

test("Metaflow #664: a run goes to another store with every object it refers to, its logs and its model, and loses nothing", async () => {
  const exported = await exportRun(linkTo(here), record.runId, file);

  const imported = await importRun(linkTo(there), file);

  expect(exported).toMatchObject({ runId: record.runId, file, missing: [] });
  expect(imported).toEqual({
    runId: record.runId,
    isNew: true,
    members: exported.members,
    model: { name: "digits", version: 1 },
  });
  expect(await there.runs.find(record.runId)).toEqual(record);
  expect(await everythingOf(there)).toEqual(await everythingOf(here));
  expect(Buffer.from((await there.objects.get("runs/0j3k7abc/logs/train/0001/000000.ndjson")).bytes).toString()).toBe("a line\n");
  expect((await new ModelRegistry(there.objects).version("digits", 1)).runId).toBe(record.runId);
  expect(await new ModelRegistry(there.objects).aliases("digits")).toEqual(new Map());
});

test("the same run gives the same bytes, and importing it twice changes nothing", async () => {
  await exportRun(linkTo(here), record.runId, file);
  await exportRun(linkTo(here), record.runId, `${file}.again`);
  await importRun(linkTo(there), file);
  await there.runs.put({ ...record, status: "terminated" });

  const second = await importRun(linkTo(there), file);

  expect((await readFile(file)).equals(await readFile(`${file}.again`))).toBe(true);
  expect(second.isNew).toBe(false);
  expect((await there.runs.find(record.runId))?.status).toBe("terminated");
});

describe("an export", () => {
  test("is refused while the run goes on, and where the file is there", async () => {
    await writeFile(file, "mine");

    await expect(exportRun(linkTo(here), record.runId, file)).rejects.toThrow(/is there already/);
    expect(await readFile(file, "utf8")).toBe("mine");
  });

  test("is refused where data is gone, naming the files; lost results are named and everything else is written", async () => {
    const weights = record.stages[7]?.outputs["weights"]?.uri ?? "";
    await here.objects.delete([weights]);

    const { missing } = await exportRun(linkTo(here), record.runId, file);
    for await (const { ref } of reachable(here.artifacts, [record.source]))
      if (ref.mediaType !== "application/json") await here.objects.delete([ref.uri]);

    expect(missing).toEqual([weights]);
    await expect(exportRun(linkTo(here), record.runId, `${file}.2`)).rejects.toThrow(/a\.png is gone .* b\.png is gone/);
  });
});

describe("a file that is damaged or hostile", () => {
  const importing = (bytes: Buffer) => writeFile(file, bytes).then(() => importRun(linkTo(there), file));
  const exportedBytes = async () => {
    await exportRun(linkTo(here), record.runId, file);
    return readFile(file);
  };

  test("is refused where there is none", async () => {
    await expect(importRun(linkTo(there), "/nowhere/run.tar.gz")).rejects.toThrow("There is no file /nowhere/run.tar.gz");
  });

  test("is refused where one byte of one member was changed, naming the member; the run does not appear", async () => {
    const tar = gunzipSync(await exportedBytes());
    tar.set(Buffer.from("X"), tar.indexOf("compiled code and lock file"));

    await expect(importing(gzipSync(tar))).rejects.toThrow(new RegExp(`${record.build?.uri} is damaged`));
    expect(await there.runs.find(record.runId)).toBeNull();
  });

  test("is refused where it was cut short, at any place", async () => {
    const bytes = await exportedBytes();

    for (const share of [0.1, 0.5, 0.9, 0.999]) {
      await expect(importing(bytes.subarray(0, Math.floor(bytes.length * share)))).rejects.toThrow(
        /cut short|incomplete|cannot be read/,
      );
      expect(await there.runs.find(record.runId)).toBeNull();
    }
  });

  test.each([
    ["something else", [{ name: "readme.txt", bytes: Buffer.from("hello") }], /begins with readme\.txt/],
    [
      "a member that its manifest does not list",
      [manifest([]), { name: "objects/aa/x", bytes: Buffer.from("x") }],
      /not what its manifest lists/,
    ],
    [
      "a place outside",
      [manifest([{ path: "models/digits/aliases/champion.json", sha256: "a".repeat(64), sizeBytes: 1, mediaType: "x" }])],
      /has no place/,
    ],
    [
      "a way out",
      [manifest([{ path: "runs/0j3k7abc/../../x", sha256: "a".repeat(64), sizeBytes: 1, mediaType: "x" }])],
      /leads out/,
    ],
  ])("is refused where it holds %s", async (_, members, message) => {
    await expect(importing(gzipSync(await tarFile(members)))).rejects.toThrow(message);
  });

  function manifest(members: object[]) {
    return { name: "manifest.json", bytes: Buffer.from(JSON.stringify({ formatVersion: 1, runId: "0j3k7abc", members })) };
  }
});
