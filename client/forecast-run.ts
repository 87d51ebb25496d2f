import type { ArtifactRef } from "../ml/artifact.ts";
import type { Pipeline } from "../ml/pipeline.ts";
import type { StageForecast } from "../ml/run/forecast.ts";
import { isChildRun } from "../ml/run/is-child-run.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import { isBeyond, stages } from "../ml/stages.ts";
import { refOf } from "../storage/artifact-store.ts";
import { resolveSource } from "../storage/resolve-source.ts";
import { storeCorrections } from "../storage/store-corrections.ts";
import type { FileStore } from "../storage/store-base.ts";
import { storeFiles } from "../storage/prepare-run.ts";
import { manifestOf } from "../storage/upload-source.ts";
import type { Link } from "./connect.ts";
import { Forecaster } from "./forecaster.ts";
import type { StartRunOptions } from "./types.ts";

/** Earlier runs of the pipeline that are looked at, newest first; those of their folds besides. */
const recordsLookedAt = 20;

/** What a fold's run does itself: the rest is handed to it. */
const foldStages = ["split", "normalize", "encode", "augment", "train", "evaluate"] as const;

/**
 * What a run would reuse and what it would do, from the ledger and earlier runs; what the runs of its folds would, before its own
 * evaluation, which takes theirs. Nothing is started or stored; local files are hashed.
 * @throws {InvalidData} where the source is not there
 */
export async function forecastRun(
  link: Pick<Link, "store" | "build" | "environment">,
  { pipeline: asked, baseFolder, moduleFolder = baseFolder, until, onUpload = () => undefined }: StartRunOptions,
): Promise<StageForecast[]> {
  const { store, build, environment } = link;
  const { cacheFolder } = environment;
  const hashing: FileStore["artifacts"] = {
    put: async (bytes, mediaType) => refOf(bytes, mediaType),
    getJson: (ref, schema) => store.artifacts.getJson(ref, schema),
  };
  const corrected = await storeCorrections(asked, baseFolder, hashing);
  const pipeline = await storeFiles(corrected, moduleFolder, { artifacts: hashing, objects: store.objects });
  const resolved = await resolveSource(pipeline.dataset.path, baseFolder, store.openBucket);
  const source = await manifestOf(resolved, { storeId: store.id, cacheFolder, onProgress: onUpload });
  const earlier = await earlierRuns(link, pipeline.name);
  const forecaster = new Forecaster({ store, codeHashes: build.codeHashes, pipeline, source, earlier });
  const forecasts: StageForecast[] = [];
  for (const stage of stages) {
    if (isBeyond(stage, until)) {
      forecasts.push({ stage, action: "skip", why: `the run ends after ${until}`, madeBy: null, seconds: 0 });
      continue;
    }
    const folds = stage === "evaluate" ? await forecastFolds(forecaster, pipeline) : { forecasts: [], results: {} };
    forecasts.push(...folds.forecasts, await forecaster.forecast(stage, folds.results));
  }
  return forecasts;
}

/** What each fold's run does, and the results that its evaluation hands on, where they are known. */
async function forecastFolds(
  whole: Forecaster,
  { split }: Pipeline,
): Promise<{ forecasts: StageForecast[]; results: Record<string, ArtifactRef> | null }> {
  const forecasts: StageForecast[] = [];
  let results: Record<string, ArtifactRef> | null = {};
  for (let fold = 0; split.fold === undefined && fold < (split.folds ?? 0); fold++) {
    const forecaster = whole.ofFold(fold);
    for (const stage of foldStages) forecasts.push({ ...(await forecaster.forecast(stage)), fold: fold + 1 });
    const { metrics, predictions } = forecaster.known.get("evaluate") ?? {};
    if (!metrics || !predictions) results = null;
    else if (results)
      Object.assign(results, { [`fold${fold + 1}Metrics`]: metrics, [`fold${fold + 1}Predictions`]: predictions });
  }
  return { forecasts, results };
}

async function earlierRuns({ store }: Pick<Link, "store">, name: string): Promise<RunRecord[]> {
  const found: RunRecord[] = [];
  for (const runId of await store.runs.ids()) {
    if (found.filter((record) => !isChildRun(record.runId)).length >= recordsLookedAt) break;
    const record = await store.runs.find(runId);
    if (record?.pipeline.name === name) found.push(record);
  }
  return found;
}
