import type { Pipeline } from "../ml/pipeline.ts";
import { newRunRecord } from "../ml/run/new-run-record.ts";
import type { RunRecord, StageProgress } from "../ml/run/schema.ts";
import type { BuildInfo } from "./build-info.ts";
import { uploadBuild } from "./build-info.ts";
import type { Store } from "./open-store.ts";
import { storeCorrections } from "./store-corrections.ts";
import type { FileStore } from "./store-base.ts";
import { storeBase } from "./store-base.ts";
import { storeModules } from "./store-modules.ts";
import { resolveSource } from "./resolve-source.ts";
import { withoutSecrets } from "./secrets.ts";
import { uploadSource } from "./upload-source.ts";

/** Where a run's data and code come from: this machine's files, and the build that runs here. */
export interface RunOrigin {
  store: Store;
  cacheFolder: string;
  build: BuildInfo;
}

export interface RunPlan {
  runId: string;
  pipeline: Pipeline;
  /** Folder that relative dataset paths start from. */
  baseFolder: string;
  /** Folder that paths of the user's own modules start from: the pipeline file's. By default `baseFolder`. */
  moduleFolder?: string;
  /** Of a scheduled run. */
  schedule?: RunRecord["schedule"];
  /** The last stage wanted; all of them where absent. */
  until?: RunRecord["until"];
  /** Called while local sources are hashed and uploaded. */
  onUpload?: (progress: StageProgress) => void;
}

/**
 * Brings data and code into the store and gives the record a run starts with; it is not stored yet. Done again, it sends nothing twice.
 *
 * @throws {InvalidData} where the source is not there
 * @throws {ModuleFailed} where a module of the user's own is wrong
 */
export async function prepareRun({ store, cacheFolder, build }: RunOrigin, plan: RunPlan): Promise<RunRecord> {
  const { runId, baseFolder, moduleFolder = baseFolder, schedule, until, onUpload = () => undefined } = plan;
  const corrected = await storeCorrections(plan.pipeline, baseFolder, store.artifacts);
  const pipeline = await storeFiles(corrected, moduleFolder, store);
  const resolved = await resolveSource(pipeline.dataset.path, baseFolder, store.openBucket);
  const [source, buildRef] = await Promise.all([uploadSource(resolved, store, cacheFolder, onUpload), uploadBuild(store)]);
  const record = newRunRecord({
    runId,
    startedAt: new Date().toISOString(),
    pipeline: JSON.parse(withoutSecrets(JSON.stringify(pipeline))) as RunRecord["pipeline"],
    source,
    buildId: build.buildId,
    build: buildRef,
  });
  return {
    ...record,
    ...(schedule === undefined ? {} : { schedule }),
    ...(until === undefined ? {} : { until }),
  };
}

/** Brings what a pipeline names beside its data into the store: modules of the user's own, and a trained base. Done again, it changes nothing. */
export async function storeFiles(pipeline: Pipeline, folder: string, store: FileStore): Promise<Pipeline> {
  return storeBase(await storeModules(pipeline, folder, store.artifacts), folder, store);
}
