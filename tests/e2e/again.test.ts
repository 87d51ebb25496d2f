import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { findTrainer } from "../../bench/chaos-processes.ts";
import type { RunOutcome } from "../../bench/convoy-process.ts";
import { convoy, convoyJson } from "../../bench/convoy-process.ts";
import { waitUntil } from "../../bench/wait-until.ts";
import { openStack } from "../../bench/open-stack.ts";
import { datasetSchema, sourceManifestSchema } from "../../ml/ingest/schema.ts";
import { ObjectNotFound } from "../../storage/object-store.ts";
import { writeHeldTraining } from "../support/held-training.ts";
import { openSharedStore } from "../support/shared-store.ts";
import { smallPipeline, writeSmallPictures } from "../support/small-pictures.ts";

interface Reproduced extends RunOutcome {
  reproduces: string;
  comparison: { results: { verdict: string; stages: { stage: string; verdict: string }[] } };
}

let folder: string;
/** Another home, with servers and two data workers of its own. */
let elsewhere: { env: Record<string, string> };
let begun: RunOutcome;
let first: RunOutcome;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-again-"));
  const home = join(folder, "elsewhere");
  elsewhere = { env: { XDG_DATA_HOME: home, CONVOY_PROFILE: "elsewhere", CONVOY_DATA_WORKERS: "2", CONVOY_GPU_WORKERS: "1" } };
  await writeSmallPictures(join(folder, "pictures"));
  const file = join(folder, "small.yaml");
  await writeFile(file, smallPipeline(join(folder, "pictures")));
  begun = await convoyJson<RunOutcome>(["run", file, "--set", "train.epochs=1", "--until", "train"]);
  // Time ends it: how many epochs that allows is another matter each time, and on each machine.
  first = await convoyJson<RunOutcome>(["run", file, "--set", "train.epochs=100000", "--set", "train.maxMinutes=0.01"]);
});
afterAll(async () => {
  await convoy(["down"], elsewhere);
  await rm(folder, { recursive: true, force: true });
});

test("a file with more epochs goes on from where the earlier run's training stood, and says so", async () => {
  const { stdout } = await convoy(["show", first.runId, "--json"]);
  const { record } = JSON.parse(stdout) as { record: { stages: { name: string; continuedFrom?: object }[] } };

  expect(record.stages.find(({ name }) => name === "train")?.continuedFrom).toEqual({ runId: begun.runId, epoch: 1 });
});

// It trains all epochs at once: that the first run went on from another one's checkpoint has changed no bit.
const epochsOf = async (runId: string) =>
  (await (await openSharedStore()).runs.find(runId))?.stages.find(({ name }) => name === "train")?.summary["epochs"];

test("a run that time has ended is done again from its record alone, to the same epoch, without its data on disk, with every bit the same, and registers nothing", async () => {
  await rm(join(folder, "pictures"), { recursive: true });

  const again = await convoyJson<Reproduced>(["reproduce", first.runId, "--exact"]);

  expect(again.reproduces).toBe(first.runId);
  expect(await epochsOf(again.runId)).toBe(await epochsOf(first.runId));
  expect(again.stages.filter(({ status }) => status === "ran")).toHaveLength(9);
  expect(again.comparison.results.verdict).toBe("bitIdentical");
  expect(again.comparison.results.stages.filter(({ verdict }) => verdict !== "bitIdentical")).toMatchObject([
    { stage: "register", verdict: "notCompared" },
  ]);
});

test("a run whose stage failed for good waits with exit code 4, and a retry lets the very same run go on with another value", async () => {
  const rule = "check.rules.class-size.threshold";
  const waits = ["--set", "onFailure=wait", "--set", "check.rules.class-size.severity=fail", "--set", `${rule}=1000`];
  const file = join(folder, "small.yaml");
  await writeSmallPictures(join(folder, "pictures"));

  const waiting = await convoyJson<RunOutcome>(["run", file, "--until", "check", ...waits], { expectCode: 4 });
  const tooEarly = await convoy(["retry", waiting.runId, "--set", "ingest.shardRows=7"]);
  const goneOn = await convoyJson<RunOutcome>(["retry", waiting.runId, "--set", `${rule}=1`]);

  expect(waiting.status).toBe("waiting");
  expect([tooEarly.code, tooEarly.stderr]).toEqual([2, expect.stringMatching(/ingest has read another value already/)]);
  expect(goneOn).toMatchObject({ runId: waiting.runId, status: "done" });
});

test("a run is exported into one file and done again in another home with other servers, with every bit the same", async () => {
  const file = join(folder, "run.tar.gz");
  const exported = await convoyJson<{ missing: string[] }>(["export", first.runId, "--out", file]);

  const imported = await convoyJson<{ runId: string; isNew: boolean }>(["import", file], elsewhere);
  const again = await convoyJson<Reproduced>(["reproduce", first.runId, "--exact"], elsewhere);

  expect(exported.missing).toEqual([]);
  expect(imported).toMatchObject({ runId: first.runId, isNew: true });
  expect(again.comparison.results.verdict).toBe("bitIdentical");
});

interface ShownRun {
  record: {
    status: string;
    stages: { name: string; summary: { epochs: number }; outputs: Record<string, { sha256: string }> }[];
  };
}

test("a training on other shards, made by two data workers, paused while the stack was down, ends with the weights of one left alone", async () => {
  const held = await writeHeldTraining(join(folder, "held"), { name: "paused" });
  const show = async (runId: string, options = {}) => (await convoyJson<ShownRun>(["show", runId], options)).record;
  const trainOf = ({ stages }: ShownRun["record"]) => stages.find(({ name }) => name === "train");
  const weightsOf = (record: ShownRun["record"]) => trainOf(record)?.outputs["weights"]?.sha256;

  const { stdout } = await convoy(["run", held.file, "--until", "train", "--set", "ingest.shardRows=7", "--detach"], elsewhere);
  const runId = stdout.trim();
  await waitUntil(async () => (await findTrainer(runId))?.stage === "train", { everyMs: 100 });
  const paused = await convoyJson<object>(["pause", runId], elsewhere);
  for (const command of ["down", "up"]) await convoyJson([command], elsewhere);
  await held.release();
  await convoyJson(["resume", runId], elsewhere);
  await convoy(["watch", runId], elsewhere);

  expect(paused).toMatchObject({ status: "paused", stages: ["train"] });
  const disturbed = await show(runId, elsewhere);
  const epochs = `train.epochs=${trainOf(disturbed)?.summary.epochs}`;
  const calm = await convoyJson<RunOutcome>(["run", held.freeFile, "--until", "train", "--set", epochs]);
  const undisturbed = await show(calm.runId);
  expect(disturbed).toMatchObject({ status: "done" });
  expect(weightsOf(disturbed)).toMatch(/^[0-9a-f]{64}$/);
  expect(weightsOf(disturbed)).toBe(weightsOf(undisturbed));
});

test("a patient who asks to be forgotten is: images, shards, tables, reports and predictions are gone, and the model is named", async () => {
  const { store } = await openStack(elsewhere.env);
  const { stages, source } = (await store.runs.find(first.runId))!;
  const output = (stage: string, name: string) => stages.find((one) => one.name === stage)!.outputs[name]!;
  const { shards, samples } = await store.artifacts.getJson(output("ingest", "dataset"), datasetSchema);
  const { files } = await store.artifacts.getJson(source, sourceManifestSchema);
  const erase = ["erase", "--group", "7"];

  const asked = await convoyJson<object>(erase, elsewhere);
  const done = await convoyJson<object>([...erase, "--yes"], elsewhere);
  const again = await convoy(["reproduce", first.runId], elsewhere);

  const told = { images: 6, models: [{ name: "small", version: 1 }] };
  expect([asked, done]).toMatchObject([
    { erased: false, ...told },
    { erased: true, ...told },
  ]);
  const reports = [output("explore", "report"), output("evaluate", "report"), output("evaluate", "predictions")];
  const made = [...shards.map(({ ref }) => ref), samples, ...reports].map(({ uri }) => uri);
  const images = files.filter(({ path }) => path.endsWith("7.png")).map(({ uri }) => uri!);
  expect(images).toHaveLength(6);
  for (const uri of [...images, ...made]) await expect(store.objects.head(uri)).rejects.toThrow(ObjectNotFound);
  await store.objects.head(output("train", "weights").uri);
  expect([again.code, again.stderr]).toEqual([2, expect.stringMatching(/dark\/007\.png/)]);
  expect(await convoy(erase, elsewhere)).toMatchObject({ code: 2 });
  store.close();
});

interface Shown {
  runs: {
    scheduledAt: string;
    status: string;
    runId: string | null;
    reasons: string[];
    model: { version: number; isNew: boolean } | null;
  }[];
}

test("a schedule trains at a nominal time on that day's data, skips a day whose data is the same, and pauses at one without data", async () => {
  const days = join(folder, "days");
  for (const day of ["2026-01-01", "2026-01-02"]) await writeSmallPictures(join(days, day), { seed: 2 });
  const file = join(folder, "daily.yaml");
  await writeFile(
    file,
    `${smallPipeline(`"${days}/{{scheduledDate}}"`)}onFailure: wait\nretrain: { if: { dataChanged: true } }\n`,
  );
  const create = ["schedule", "create", "daily", file, "--cron", "0 0 * * *"];
  const show = () => convoyJson<Shown>(["schedule", "show", "daily"]);

  await convoyJson([...create, "--set", "name=daily"]);
  await convoyJson(["schedule", "backfill", "daily", "--from", "2026-01-01", "--to", "2026-01-03"]);
  await waitUntil(async () => (await show()).runs.filter(({ status }) => status !== "running").length === 3, { everyMs: 2000 });

  const [third, second, one] = (await show()).runs;
  expect(one).toMatchObject({ scheduledAt: "2026-01-01T00:00:00Z", status: "done", model: { version: 1, isNew: true } });
  expect(second).toMatchObject({ scheduledAt: "2026-01-02T00:00:00Z", status: "skipped", runId: null, model: null });
  expect(second?.reasons[0]).toContain(`the data is the same since run ${one?.runId}`);
  expect(third).toMatchObject({ scheduledAt: "2026-01-03T00:00:00Z", status: "failed" });
  expect(await convoyJson<object>(["schedule", "show", "daily"])).toMatchObject({ state: "paused" });
  await convoyJson(["schedule", "delete", "daily"]);
});
