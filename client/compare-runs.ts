import { z } from "zod";

import type { ArtifactRef } from "../ml/artifact.ts";
import type { Difference } from "../ml/differences.ts";
import { differences } from "../ml/differences.ts";
import { ArtifactCorrupt } from "../ml/errors.ts";
import { sourceManifestSchema } from "../ml/ingest/schema.ts";
import { stageOf } from "../ml/run/plan-retry.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import type { RunVerdict } from "../ml/run/verdict.ts";
import { runVerdict, stageVerdict, verdictByRecord } from "../ml/run/verdict.ts";
import type { Stage } from "../ml/stages.ts";
import { stages } from "../ml/stages.ts";
import { historySchema } from "../ml/train/schema.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { packagesOf } from "./build-archive.ts";
import { compareOutputs } from "./compare-artifacts.ts";
import { sourceOf } from "./source-state.ts";

/** Everything in which two runs differ, from their records and what these refer to. */
export interface RunComparison {
  runs: [string, string];
  /** Of the pipelines, every default written out. */
  parameters: Difference[];
  data: {
    isSame: boolean;
    /** Paths; null where the list of files of one of them is gone from the store. */
    files: { added: string[]; removed: string[]; changed: string[] } | null;
  };
  code: {
    builds: [string, string];
    /** Stages whose code is another. */
    stages: Stage[];
    /** Locked versions by package; null where one of the builds is gone from the store. */
    packages: Difference[] | null;
  };
  /** `test.accuracy` and so on; `delta` is b minus a. */
  metrics: { name: string; a: number | null; b: number | null; delta: number | null }[];
  environment: Difference[];
  /** What each stage handed on, compared by hash and by value. */
  results: RunVerdict;
}

export async function compareRuns(artifacts: ArtifactStore, a: RunRecord, b: RunRecord): Promise<RunComparison> {
  const [left, right] = await Promise.all([environmentOf(artifacts, a), environmentOf(artifacts, b)]);
  return {
    runs: [a.runId, b.runId],
    parameters: differences(a.pipeline, b.pipeline),
    data: { isSame: sourceOf(a).sha256 === sourceOf(b).sha256, files: await compareFiles(artifacts, a, b) },
    code: {
      builds: [a.buildId, b.buildId],
      stages: stages.filter((name) => isOtherCode(stageOf(a, name)?.codeHash, stageOf(b, name)?.codeHash)),
      packages: await comparePackages(artifacts, a, b),
    },
    metrics: compareMetrics(metricsOf(a), metricsOf(b)),
    environment: differences(left, right),
    results: await compareResults(artifacts, a, b),
  };
}

async function compareResults(artifacts: ArtifactStore, expected: RunRecord, found: RunRecord): Promise<RunVerdict> {
  const compared = stages.map(async (name) => {
    const known = verdictByRecord(name, expected, found);
    const [before, after] = [stageOf(expected, name), stageOf(found, name)];
    if (known || !before || !after) return known ?? [];
    return stageVerdict(name, await compareOutputs(artifacts, before, after));
  });
  return runVerdict((await Promise.all(compared)).flat());
}

/** A stage that did not run in one of them says nothing about its code. */
function isOtherCode(a: string | null | undefined, b: string | null | undefined): boolean {
  return typeof a === "string" && typeof b === "string" && a !== b;
}

/** What may change bits, by name: of the workers, and of the process that trained. */
async function environmentOf(artifacts: ArtifactStore, record: RunRecord): Promise<Record<string, string>> {
  const history = stageOf(record, "train")?.outputs["history"];
  const training = history ? await readable(artifacts, history, historySchema) : null;
  const named = [
    ...record.stages.flatMap(({ environment = {} }) => prefixed("workers", environment)),
    ...prefixed("training", training?.environment ?? {}),
  ];
  const values = new Map<string, Set<string>>();
  for (const [name, value] of named) values.set(name, (values.get(name) ?? new Set()).add(value));
  return Object.fromEntries([...values].map(([name, each]) => [name, [...each].join(", ")]));
}

function prefixed(prefix: string, values: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]);
}

async function compareFiles(artifacts: ArtifactStore, a: RunRecord, b: RunRecord): Promise<RunComparison["data"]["files"]> {
  if (sourceOf(a).sha256 === sourceOf(b).sha256) return { added: [], removed: [], changed: [] };
  const lists = await Promise.all([a, b].map((record) => readable(artifacts, sourceOf(record), sourceManifestSchema)));
  const [before, after] = lists.map(
    (list) => list && new Map(list.files.map(({ path, sha256, etag }) => [path, sha256 ?? etag ?? ""])),
  );
  if (!before || !after) return null;
  return {
    added: [...after.keys()].filter((path) => !before.has(path)),
    removed: [...before.keys()].filter((path) => !after.has(path)),
    changed: [...after].filter(([path, hash]) => before.has(path) && before.get(path) !== hash).map(([path]) => path),
  };
}

async function comparePackages(artifacts: ArtifactStore, a: RunRecord, b: RunRecord): Promise<Difference[] | null> {
  if (a.buildId === b.buildId) return [];
  const [before, after] = await Promise.all([a, b].map(async ({ build }) => build && packagesOf(artifacts, build)));
  return before && after ? differences(before, after) : null;
}

/** What the store has lost is null: the comparison says so instead of failing. */
async function readable<Schema extends z.ZodType>(
  artifacts: ArtifactStore,
  ref: ArtifactRef,
  schema: Schema,
): Promise<z.infer<Schema> | null> {
  try {
    return await artifacts.getJson(ref, schema);
  } catch (error) {
    if (error instanceof ArtifactCorrupt) return null;
    throw error;
  }
}

const measuredParts = z.record(z.string(), z.unknown());

/** Figures of training and evaluation as the record has them: `test.accuracy`, `train.loss`. */
function metricsOf(record: RunRecord): Map<string, number> {
  const found = new Map<string, number>();
  for (const name of ["train", "evaluate"] as const) {
    for (const [part, measured] of Object.entries(stageOf(record, name)?.summary ?? {})) {
      const figures = measuredParts.safeParse(measured);
      for (const [metric, value] of Object.entries(figures.success ? figures.data : {}))
        if (typeof value === "number") found.set(`${part}.${metric}`, value);
    }
  }
  return found;
}

function compareMetrics(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): RunComparison["metrics"] {
  return [...new Set([...a.keys(), ...b.keys()])].map((name) => {
    const [left, right] = [a.get(name) ?? null, b.get(name) ?? null];
    return { name, a: left, b: right, delta: left === null || right === null ? null : right - left };
  });
}
