import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

import { WorkflowNotFoundError } from "@temporalio/client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { Link } from "../../client/connect.ts";
import { retryRun } from "../../client/retry-run.ts";
import { reproduceRun } from "../../client/reproduce-run.ts";
import type { RunRecord, RunStatus } from "../../ml/run/schema.ts";
import type { Stage } from "../../ml/stages.ts";
import { stages } from "../../ml/stages.ts";
import { buildFolder, importLocal, projectFolder } from "../../stack/project.ts";
import type { Store } from "../../storage/open-store.ts";
import type { TrainModelRun } from "../../workflows/run-state.ts";
import { aRecord, stagesWith } from "../support/fake-convoy.ts";
import { memoryStore } from "../support/memory-store.ts";
import { storeSource } from "../support/stage-context.ts";
import { tarFile } from "../support/tar-file.ts";

let folder: string;
let store: Store;
let started: { taskQueue: string; run: TrainModelRun }[];
let served: (string | undefined)[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-retry-"));
  store = memoryStore(join(folder, "cache"));
  [started, served] = [[], []];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const codeHashes = Object.fromEntries(stages.map((name) => [name, `code of ${name}`])) as Record<Stage, string>;

/** A Temporal server that has never heard of any run, as after its retention or on another cluster, and takes new ones. */
function linkTo(): Link {
  const notFound = () => Promise.reject(new WorkflowNotFoundError("not found", "convoy-run", undefined));
  const temporal = {
    options: { namespace: "default" },
    connection: { operatorService: { listSearchAttributes: async () => ({ customAttributes: {} }) } },
    workflow: {
      getHandle: () => ({ describe: notFound }),
      start: async (_type: string, { taskQueue, args: [run] }: { taskQueue: string; args: [TrainModelRun] }) =>
        void started.push({ taskQueue, run }),
    },
  };
  return {
    store,
    temporal,
    environment: { CONVOY_LOCAL_WORKERS: "always", cacheFolder: folder },
    build: { buildId: "present00000", codeHashes },
    queues: { data: "convoy-data-test-present00000", gpu: "convoy-gpu-test-present00000" },
    ensureWorkers: async (buildId?: string) => void served.push(buildId),
  } as unknown as Link;
}

/** A run that went well up to the training. Its build is the present one unless said otherwise. */
async function ended(status: RunStatus, changes: Partial<RunRecord> = {}): Promise<RunRecord> {
  const done = stages.slice(0, stages.indexOf("train"));
  const made = await Promise.all(
    done.map(async (name) => ({
      status: "ran" as const,
      key: `key of ${name}`,
      entry: "e",
      codeHash: codeHashes[name],
      outputs: { result: await store.artifacts.put(Buffer.from(`result of ${name}`), "text/plain") },
    })),
  );
  const record = aRecord({
    status,
    finishedAt: "2026-01-02T04:00:00.000Z",
    source: await storeSource(store.artifacts, { "a.png": Buffer.from("picture") }),
    stages: stagesWith({
      ...Object.fromEntries(done.map((name, i) => [name, made[i]])),
      train: { status: "failed", codeHash: codeHashes.train },
    }),
    buildId: "present00000",
    build: await store.artifacts.put(Buffer.from("a build"), "application/gzip"),
    ...changes,
  });
  await store.runs.put(record);
  return record;
}
const asked = (options: Partial<Parameters<typeof retryRun>[2]> = {}) =>
  retryRun(linkTo(), "0j3k7abc", { set: [], code: "original", ...options });

describe("a retry from the record alone", () => {
  test.each<RunStatus>(["failed", "cancelled", "terminated"])(
    "takes up a run that is %s, after Temporal's retention or on another cluster with the same bucket",
    async (status) => {
      await ended(status);

      const answer = await asked();

      expect(answer.pinned.map(({ stage }) => stage)).toEqual(stages.slice(0, stages.indexOf("train")));
      expect(answer.runs).toEqual(["train", "evaluate", "register"]);
      expect(started).toMatchObject([{ taskQueue: "convoy-data-test-present00000", run: { retries: { anew: [] } } }]);
      expect(started[0]?.run.record.origin).toMatchObject({ kind: "retry", runId: "0j3k7abc", code: "original" });
      expect(Object.keys(started[0]?.run.retries?.pins ?? {})).toHaveLength(7);
    },
  );

  test("gives its ending to a run that Temporal has lost while it ran, and takes it up", async () => {
    const record = await ended("running", { finishedAt: null });
    Object.assign(record.stages.find(({ name }) => name === "train") ?? {}, { status: "running" });
    await store.runs.put(record);

    await asked();

    expect((await store.runs.find("0j3k7abc"))?.status).toBe("terminated");
    expect(started).toHaveLength(1);
  });

  test("leaves the record of a run alone whose workflow is just being started", async () => {
    const record = await ended("running", { finishedAt: null, startedAt: new Date().toISOString() });
    await store.runs.put(record);

    await expect(asked()).rejects.toThrow("is still running");

    expect((await store.runs.find("0j3k7abc"))?.status).toBe("running");
  });

  test("verifies each pinned result: what is gone is named, and its stage and all after it run anew", async () => {
    const record = await ended("failed");
    const split = record.stages.find(({ name }) => name === "split")?.outputs["result"]?.uri ?? "";
    await store.objects.delete([split]);

    const answer = await asked();

    expect(answer.lost).toEqual([{ stage: "split", artifacts: [split] }]);
    expect(answer.pinned.map(({ stage }) => stage)).toEqual(["ingest", "check"]);
    expect(started[0]?.run.retries?.anew).toEqual(["split"]);
  });

  test("lists pinned stages whose code is another today", async () => {
    const record = await ended("failed");
    Object.assign(record.stages[0] ?? {}, { codeHash: "code of another time" });
    await store.runs.put(record);

    const answer = await asked();

    expect(answer.pinned.filter(({ codeChanged }) => codeChanged).map(({ stage }) => stage)).toEqual(["ingest"]);
    expect(started[0]?.run.record.origin?.codeChanged).toEqual(["ingest"]);
  });

  test("refuses where data that has to be read again is gone, naming the file", async () => {
    await ended("failed");
    const picture = await store.artifacts.put(Buffer.from("picture"), "application/octet-stream");
    await store.objects.delete([picture.uri]);

    await expect(asked({ from: "ingest" })).rejects.toThrow(/data of run 0j3k7abc .* a\.png is gone from the store/);
    expect(started).toEqual([]);
  });

  test("refuses a run that is done, one that only reproduces another, and data of another kind by --set", async () => {
    await ended("done");
    await expect(asked()).rejects.toThrow(/done, so there is nothing to retry/);
    await expect(asked({ set: ["dataset.path=elsewhere"] })).rejects.toThrow(/data is in its record/);

    await ended("failed", { origin: { kind: "reproduce", runId: "0j3k6zzz", code: "original", set: [], codeChanged: [] } });
    await expect(asked()).rejects.toThrow(/convoy reproduce 0j3k6zzz/);
  });
});

describe("Airflow #50107: the code that a run is taken up in", () => {
  let buildId: string;
  afterEach(() => rm(buildFolder(buildId), { recursive: true, force: true }));

  /** A build of another time, kept with its run; its id is the hash of its code and packages, as of real ones. */
  async function storeOldBuild(change = "") {
    const lock = await readFile(join(projectFolder, "package-lock.json"), "utf8");
    const files: Record<string, string> = { "activities/ingest.js": "export const ingest = 1;\n" };
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, "old", path)), { recursive: true });
      await writeFile(join(folder, "old", path), text);
    }
    const { buildIdOf } = (await importLocal("build.mjs")) as { buildIdOf: (at: string, lock: unknown) => string };
    buildId = buildIdOf(join(folder, "old"), JSON.parse(lock));
    files["activities/ingest.js"] += change;
    files["stages.json"] = JSON.stringify({ buildId, stages: Object.fromEntries(stages.map((name) => [name, "old"])) });
    const members = Object.entries(files).map(([path, text]) => ({ name: `build/${path}`, bytes: Buffer.from(text) }));
    const tar = await tarFile([...members, { name: "package-lock.json", bytes: Buffer.from(lock) }]);
    return store.artifacts.put(gzipSync(tar), "application/gzip");
  }

  test("is the run's own with --code original: unpacked from the copy kept with it, served on its queues, and said", async () => {
    const build = await storeOldBuild();
    await ended("failed", { buildId, build });

    const answer = await asked();

    expect(answer.buildId).toBe(buildId);
    expect(started).toMatchObject([
      { taskQueue: `convoy-data-test-${buildId}`, run: { record: { buildId, build }, codeHashes: { train: "old" } } },
    ]);
    expect(served).toEqual([buildId, undefined]);
    expect(await readFile(join(buildFolder(buildId), "activities", "ingest.js"), "utf8")).toContain("ingest = 1");
  });

  test("is refused where the kept copy is not what its id says, and nothing is left of it", async () => {
    const build = await storeOldBuild("// forged\n");
    await ended("failed", { buildId, build });

    await expect(asked()).rejects.toThrow(/is not what its id says: the kept copy is damaged or forged/);
    await expect(readFile(join(buildFolder(buildId), "stages.json"))).rejects.toThrow(/ENOENT/);
    expect(started).toEqual([]);
  });

  test("of a reproduction is the run's own as well, without ledger, and with the epoch that time ended its training at", async () => {
    const build = await storeOldBuild();
    const record = await ended("failed", { buildId, build });
    record.pipeline.train.maxMinutes = 5;
    Object.assign(record.stages.find(({ name }) => name === "train") ?? {}, { summary: { epochs: 7 } });
    await store.runs.put(record);

    await reproduceRun(linkTo(), "0j3k7abc", { code: "original" });

    expect(started).toMatchObject([
      {
        taskQueue: `convoy-data-test-${buildId}`,
        run: { reproduces: true, record: { untilEpoch: 7, origin: { kind: "reproduce" } } },
      },
    ]);
  });
});
