import { posix } from "node:path";

import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import { InvalidConfiguration } from "../ml/errors.ts";
import type { Dataset, SourceFile } from "../ml/ingest/schema.ts";
import { datasetSchema, sourceManifestSchema } from "../ml/ingest/schema.ts";
import { ledgerEntrySchema } from "../ml/ledger/schema.ts";
import type { RunRecord, StageRecord } from "../ml/run/schema.ts";
import type { Stage } from "../ml/stages.ts";
import { objectKey } from "./artifact-store.ts";
import { recordErasure } from "./erasures.ts";
import { findJson } from "./json.ts";
import type { Store } from "./open-store.ts";
import { reachable } from "./reachable.ts";
import { readSamples } from "./tables.ts";

/** Stages that hand on numbers over the whole training part, and nothing of a single image. */
const stagesWithoutImages: readonly Stage[] = ["normalize", "encode", "train", "register"];

/** Files that hold many images or rows: what is in them of one group cannot be taken out. */
const container = /\.(zip|tar|tgz|gz|npz|npy|csv|tsv|parquet|json)$/i;

/** What erasing a group takes away. */
export interface Erasure {
  /** Distinct images, by their pixels. */
  images: number;
  /** Runs whose data held it. */
  runs: string[];
  /** Source files that go, by their path in the source; whole archives and tables among them. */
  sources: string[];
  objects: number;
  bytes: number;
  ledgerEntries: number;
}

interface Found {
  pixels: Set<string>;
  runs: Set<string>;
  sources: Set<string>;
  objects: Map<string, ArtifactRef>;
  /** Ledger entries and logs. */
  keys: Set<string>;
}

/**
 * Finds everything in the store that shows a group: source files, tables and shards with its rows, and what the stages that look at images
 * made of them, reports and predictions. Without `dryRun` deletes it, here and, by a list of hashes that workers read, from their caches.
 * Weights stay: which models were trained on the group is for the caller to say.
 *
 * @throws {InvalidConfiguration} where no data set in the store has such a group, or a run works on it at this moment
 */
export async function eraseGroup(store: Store, group: string, { dryRun }: { dryRun: boolean }): Promise<Erasure> {
  const found: Found = { pixels: new Set(), runs: new Set(), sources: new Set(), objects: new Map(), keys: new Set() };
  for (const runId of await store.runs.ids()) {
    const record = await store.runs.find(runId);
    if (record) await findInRun(store, record, group, found);
  }
  await findInLedger(store, group, found);
  if (found.pixels.size === 0) throw new InvalidConfiguration(`No data set in the store has a group ${JSON.stringify(group)}`);
  if (!dryRun) await erase(store, found);
  return {
    images: found.pixels.size,
    runs: [...found.runs].toSorted(),
    sources: [...found.sources].toSorted(),
    objects: found.objects.size,
    bytes: [...found.objects.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    ledgerEntries: [...found.keys].filter((key) => key.startsWith("ledger/")).length,
  };
}

async function findInRun(store: Store, record: RunRecord, group: string, found: Found): Promise<void> {
  const { artifacts } = store;
  const { runId, stages } = record;
  const ref = stages.find(({ name }) => name === "ingest")?.outputs["dataset"];
  const ids = ref && (await findInDataset(store, ref, group, found));
  if (!ids) return;
  if (record.finishedAt === null) {
    throw new InvalidConfiguration(`Run ${runId} works on this data at the moment; let it end, or stop it: convoy stop ${runId}`);
  }
  found.runs.add(runId);
  for (const stage of stages) if (!stagesWithoutImages.includes(stage.name)) await findInStage(store, runId, stage, found);
  if (!(await artifacts.isIntact(record.source))) return;
  const { files } = await artifacts.getJson(record.source, sourceManifestSchema);
  for (const file of files) if (mayShow(file, ids)) addFile(file, found);
}

/** Its result, its logs, and all that it handed on; of ingest, only what holds rows of the group is found, by {@link findInDataset}. */
async function findInStage({ artifacts, objects }: Store, runId: string, stage: StageRecord, found: Found): Promise<void> {
  const { name, outputs, key, entry } = stage;
  if (key !== null && entry !== null) found.keys.add(`ledger/${name}/${key}/${entry}.json`);
  for await (const log of objects.list(`runs/${runId}/logs/${name}/`)) found.keys.add(log.key);
  if (name === "ingest") return;
  for await (const { ref, isIntact } of reachable(artifacts, Object.values(outputs)))
    if (isIntact) found.objects.set(ref.sha256, ref);
}

/** Results of runs whose record is gone. */
async function findInLedger(store: Store, group: string, found: Found): Promise<void> {
  for await (const { key } of store.objects.list("ledger/ingest/")) {
    const entry = await findJson(store.objects, key, ledgerEntrySchema); // evicted meanwhile where there is none
    const ref = entry?.value.outputs["dataset"];
    if (ref && (await findInDataset(store, ref, group, found))) found.keys.add(key);
  }
}

/** Its rows' table, and the shards that hold them. @returns ids of its images; null where it has none, or its data are no longer stored */
async function findInDataset({ artifacts }: Store, ref: ArtifactRef, group: string, found: Found): Promise<Set<string> | null> {
  if (!(await artifacts.isIntact(ref))) return null;
  const dataset: Dataset = await artifacts.getJson(ref, datasetSchema);
  if (!(await artifacts.isIntact(dataset.samples))) return null;
  const samples = await readSamples(await artifacts.localPath(dataset.samples), dataset);
  const rows = samples.group.flatMap((name, row) => (name === group ? [row] : []));
  if (rows.length === 0) return null;
  for (const row of rows) found.pixels.add(samples.sha256[row] ?? "");
  for (const gone of [ref, dataset.samples]) found.objects.set(gone.sha256, gone);
  let firstRow = 0;
  for (const shard of dataset.shards) {
    const end = firstRow + shard.rows;
    if (rows.some((row) => row >= firstRow && row < end)) found.objects.set(shard.ref.sha256, shard.ref);
    firstRow = end;
  }
  return new Set(rows.flatMap((row) => [samples.id[row] ?? "", stem(samples.id[row] ?? "")]));
}

/** A picture whose name is that of an image, or a file that may hold any. */
function mayShow({ path }: SourceFile, ids: ReadonlySet<string>): boolean {
  return ids.has(path) || ids.has(stem(path)) || container.test(path);
}

function stem(path: string): string {
  const { name } = posix.parse(path);
  return name;
}

function addFile({ path, sha256, sizeBytes }: SourceFile, found: Found): void {
  found.sources.add(path);
  if (sha256 !== undefined) found.objects.set(sha256, { uri: objectKey(sha256), sha256, sizeBytes, mediaType: mediaTypes.bytes });
}

/** Results first, then bytes: nobody is handed a result whose bytes are going. */
async function erase({ objects, artifacts }: Store, found: Found): Promise<void> {
  await recordErasure(objects, [...found.objects.keys()]);
  await objects.delete([...found.keys]);
  await objects.delete([...found.objects.values()].map(({ uri }) => uri));
  for (const ref of found.objects.values()) await artifacts.forgetLocal(ref);
}
