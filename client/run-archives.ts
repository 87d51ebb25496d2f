import { createHash } from "node:crypto";
import { access, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";

import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import { InvalidConfiguration, InvalidData } from "../ml/errors.ts";
import { modelVersionSchema } from "../ml/register/schema.ts";
import { stageOf } from "../ml/run/plan-retry.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import { runRecordSchema } from "../ml/run/schema.ts";
import { ModelRegistry } from "../storage/model-registry.ts";
import { findObject } from "../storage/object-store.ts";
import type { Store } from "../storage/open-store.ts";
import { reachable } from "../storage/reachable.ts";
import type { ArchiveMember } from "../storage/run-archive.ts";
import { readRunArchive, writeRunArchive } from "../storage/run-archive.ts";
import { runFolder } from "../storage/run-records.ts";
import type { Link } from "./connect.ts";
import { viewRun } from "./run-view.ts";
import { refuseLostData, sourceOf } from "./source-state.ts";
import { withScratchFolder } from "../storage/scratch-folder.ts";

export interface ExportAnswer {
  runId: string;
  file: string;
  sizeBytes: number;
  members: number;
  /** Results that are no longer in the store: they are not in the archive, and everything else is. */
  missing: string[];
}

export interface ImportAnswer {
  runId: string;
  /** Whether the store did not have the run yet. */
  isNew: boolean;
  members: number;
  /** The version that its model is here. */
  model: { name: string; version: number } | null;
}

/**
 * Writes a run into one file, with everything it takes to look at it and to do it again elsewhere: record, logs, data, code, results, model.
 *
 * @throws {InvalidConfiguration} where the run has not ended, or the file is there already
 * @throws {InvalidData} naming files of its data that are gone
 */
export async function exportRun(link: Link, runId: string, file: string): Promise<ExportAnswer> {
  const { record } = await viewRun(link, runId);
  if (record.finishedAt === null)
    throw new InvalidConfiguration(`Run ${runId} is still ${record.status}; export it when it has ended`);
  if (await exists(file)) throw new InvalidConfiguration(`${file} is there already; give another name by --out, or remove it`);
  const { store } = link;
  await refuseLostData(store, runId, sourceOf(record));
  await refuseRemoteData(store, record);
  const { members, texts, missing } = await listMembers(store, record);
  const refs = new Map(members.map(({ path, ...member }) => [path, { uri: path, ...member }]));
  await writeRunArchive(file, { runId, members }, async ({ path }) => {
    const ref = refs.get(path);
    return texts.get(path) ?? (ref ? store.artifacts.localPath(ref) : "");
  });
  return { runId, file, sizeBytes: (await stat(file)).size, members: members.length, missing };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Only what is in the store can go into an archive. */
async function refuseRemoteData({ artifacts }: Store, record: RunRecord): Promise<void> {
  for await (const { ref } of reachable(artifacts, [sourceOf(record)])) if (ref.mediaType === mediaTypes.bytes) return;
  throw new InvalidData(
    `The data of run ${record.runId} is only at its address: the run did not get to fetch it, so it cannot be exported; export a run that read it`,
  );
}

/** Artifacts are told by reference; the record and the logs, which are small, are read. The record names the data by content. */
async function listMembers(store: Store, record: RunRecord) {
  const texts = new Map<string, Uint8Array>();
  const add = (path: string, bytes: Uint8Array, mediaType: string): ArchiveMember => {
    texts.set(path, bytes);
    return { path, sha256: createHash("sha256").update(bytes).digest("hex"), sizeBytes: bytes.byteLength, mediaType };
  };
  const folder = runFolder(record.runId);
  const exported: RunRecord = { ...record, source: sourceOf(record) };
  const members = [add(`${folder}/run.json`, Buffer.from(`${JSON.stringify(exported)}\n`), mediaTypes.json)];
  for await (const { key } of store.objects.list(`${folder}/`)) {
    const found = key === `${folder}/run.json` ? null : await findObject(store.objects, key);
    if (found) members.push(add(key, found.bytes, mediaTypes.bytes));
  }
  const missing: string[] = [];
  for await (const { ref, isIntact } of reachable(store.artifacts, refsOf(exported))) {
    const { uri: path, sha256, sizeBytes, mediaType } = ref;
    if (isIntact) members.push({ path, sha256, sizeBytes, mediaType });
    else missing.push(path);
  }
  return { members: members.toSorted((a, b) => (a.path < b.path ? -1 : 1)), texts, missing };
}

function refsOf({ source, build, stages }: RunRecord): ArtifactRef[] {
  return [source, ...(build ? [build] : []), ...stages.flatMap(({ outputs }) => Object.values(outputs))];
}

/**
 * Takes a run out of such a file into this store, each byte checked by its hash. Its model is registered; no alias moves. A run that is
 * here already stays as it is, and gets back what it lost.
 *
 * @throws {InvalidData} where the file is no such archive, or damaged
 */
export async function importRun({ store }: Link, file: string): Promise<ImportAnswer> {
  if (!(await exists(file))) throw new InvalidConfiguration(`There is no file ${file}`);
  const texts = new Map<string, Buffer>();
  let members = 0;
  const take = async ({ path, sha256, mediaType }: ArchiveMember, at: string) => {
    members++;
    if (path.startsWith("objects/")) await store.artifacts.putFile(at, mediaType, sha256);
    else texts.set(path, await readFile(at));
  };
  const runId = await withScratchFolder("import", (scratch) =>
    readRunArchive(file, { name: basename(file), scratchPath: join(scratch, "member") }, take),
  );
  const record = readRecord(texts.get(`${runFolder(runId)}/run.json`), { runId, file });
  const model = await registerModel(store, record);
  const isNew = (await store.runs.find(runId)) === null;
  if (isNew) {
    texts.delete(`${runFolder(runId)}/run.json`);
    for (const [path, bytes] of texts) await store.objects.put(path, bytes);
    // Last: who finds the record finds everything.
    await store.runs.put({ ...record, model: model && record.model ? { ...record.model, ...model } : null });
  }
  return { runId, isNew, members, model };
}

function readRecord(bytes: Buffer | undefined, { runId, file }: { runId: string; file: string }): RunRecord {
  try {
    const record = runRecordSchema.parse(JSON.parse(bytes?.toString("utf8") ?? ""));
    if (record.runId === runId) return record;
    throw new Error(`it is that of run ${record.runId}`);
  } catch (cause) {
    throw new InvalidData(`${basename(file)}: the record of run ${runId} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** The same content is the same version, here as there; its number may be another. */
async function registerModel({ objects, artifacts }: Store, record: RunRecord): Promise<ImportAnswer["model"]> {
  const ref = stageOf(record, "register")?.outputs["version"];
  if (!ref || !(await artifacts.isIntact(ref))) return null;
  const { formatVersion: _f, version: _v, contentHash: _h, ...candidate } = await artifacts.getJson(ref, modelVersionSchema);
  const { name, version } = await new ModelRegistry(objects).publish(candidate);
  return { name, version };
}
