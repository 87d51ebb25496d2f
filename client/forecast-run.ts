import type { ArtifactRef } from "../ml/artifact.ts";
import { stageInputs } from "../ml/run/downstream.ts";
import type { StageForecast } from "../ml/run/forecast.ts";
import { expectedSeconds, whyNew } from "../ml/run/forecast.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import { stageParameters } from "../ml/run/stage-parameters.ts";
import type { Stage } from "../ml/stages.ts";
import { isBeyond, seededStages, stages } from "../ml/stages.ts";
import { refOf } from "../storage/artifact-store.ts";
import { ledgerKey } from "../storage/ledger.ts";
import { resolveSource } from "../storage/resolve-source.ts";
import { storeCorrections } from "../storage/store-corrections.ts";
import type { FileStore } from "../storage/store-base.ts";
import { storeFiles } from "../storage/prepare-run.ts";
import { manifestOf } from "../storage/upload-source.ts";
import type { Link } from "./connect.ts";
import type { StartRunOptions } from "./types.ts";

/** Earlier runs of the pipeline that are looked at, newest first. */
const recordsLookedAt = 20;

type Refs = Record<string, ArtifactRef>;

/**
 * What a run would reuse and what it would do, from the ledger and earlier runs. Nothing is started or stored; local files are hashed.
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
  const known = new Map<Stage, Refs>();
  const forecasts: StageForecast[] = [];
  for (const stage of stages) {
    if (isBeyond(stage, until)) {
      forecasts.push({ stage, action: "skip", why: `the run ends after ${until}`, madeBy: null, seconds: 0 });
      continue;
    }
    const seconds = expectedSeconds(stage, pipeline, earlier);
    const { inputs, waitsFor } = inputsOf(stage, source, known);
    if (stage === "evaluate" && pipeline.split.folds !== undefined && waitsFor.length === 0) waitsFor.push("train");
    if (waitsFor.length > 0) {
      forecasts.push({ stage, action: "run", why: `takes what ${waitsFor.join(" and ")} will make`, madeBy: null, seconds });
      continue;
    }
    const seed = (seededStages as readonly Stage[]).includes(stage) ? pipeline.seed : null;
    const key = ledgerKey({ stage, parameters: stageParameters[stage](pipeline), inputs, seed });
    const found = await store.ledger.find({ stage, key, codeHash: build.codeHashes[stage] });
    if (found) {
      known.set(stage, found.outputs);
      forecasts.push({ stage, action: "reuse", why: `made by run ${found.runId}`, madeBy: found.runId, seconds: 0 });
      continue;
    }
    const other = await store.ledger.newest(stage, key);
    const why = other ? `its code has changed since run ${other.runId}` : whyNew({ stage, pipeline, inputs }, earlier);
    forecasts.push({ stage, action: "run", why, madeBy: null, seconds });
  }
  return forecasts;
}

async function earlierRuns({ store }: Pick<Link, "store">, name: string): Promise<RunRecord[]> {
  const found: RunRecord[] = [];
  for (const runId of await store.runs.ids()) {
    if (found.length >= recordsLookedAt) break;
    const record = await store.runs.find(runId);
    if (record?.pipeline.name === name) found.push(record);
  }
  return found;
}

/** What goes into a stage, as far as it is known, and the stages that have to make the rest first. */
function inputsOf(stage: Stage, source: ArtifactRef, known: ReadonlyMap<Stage, Refs>): { inputs: Refs; waitsFor: Stage[] } {
  if (stage === "ingest") return { inputs: { source }, waitsFor: [] };
  const inputs: Refs = {};
  const waitsFor = new Set<Stage>();
  for (const [name, [maker, output]] of Object.entries(stageInputs[stage])) {
    const ref = known.get(maker)?.[output];
    if (ref) inputs[name] = ref;
    else waitsFor.add(maker);
  }
  return { inputs, waitsFor: [...waitsFor] };
}
