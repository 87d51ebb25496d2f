import { basename } from "node:path";

import { z } from "zod";

import type { RunRecord } from "../../ml/run/schema.ts";
import { findJson, putJson } from "../json.ts";
import type { ObjectStore } from "../object-store.ts";
import type { Store } from "../open-store.ts";
import { RunNotesStore } from "../run-notes.ts";
import { notedTrainings } from "../trainings.ts";
import { ModelRegistry } from "../model-registry.ts";
import { CollectionFence } from "./fence.ts";
import type { LiveSet } from "./roots.ts";
import { liveSet } from "./roots.ts";

const dayMs = 24 * 3_600_000;

/** What is younger stays, whatever refers to it: a run may be about to. */
const graceMs = 7 * dayMs;

/** Between marking and deleting: whatever looked at a marked object before it was marked has said so by then. */
const markRestsMs = dayMs;

const keysPerFile = 50_000;
const keysPerBatch = 500;
const markFolder = "gc/mark/";

const markedSchema = z.strictObject({
  formatVersion: z.literal(1),
  markedAt: z.string(),
  /** Keys, each with the time it had: what was touched since is no longer meant. */
  objects: z.array(z.tuple([z.string(), z.number(), z.number()])),
});
/** Key, `modifiedAt` in ms since 1970, and bytes. */
type Marked = z.infer<typeof markedSchema>["objects"][number];

export interface CollectOptions {
  /** Runs that ended longer ago go, unless tagged `keep` or the maker of a model version; undefined keeps all. */
  keepRunsDays?: number | undefined;
  /** Only says what would happen. */
  dryRun: boolean;
  now?: Date;
}

export interface Amount {
  objects: number;
  bytes: number;
}

/** What a collection did, or would do. */
export interface Collected {
  deleted: Amount & { runs: string[]; ledgerEntries: number };
  /** For the next collection, not before `deletableFrom`. */
  marked: Amount;
  deletableFrom: string | null;
}

type Listed = Map<string, { sizeBytes: number; modifiedMs: number }>;

/**
 * Deletes what nothing refers to any more, in two passes: what one finds unused for a week it marks, and the next one, a day later at the
 * earliest, deletes what is still unused and untouched. Ledger entries that no kept run used go at once: results nobody can find are
 * not found while their bytes wait. A run that starts meanwhile is safe: using an old object makes it young.
 *
 * @throws {CollectionRunning} @throws {InvalidRecord} where a record cannot be read; nothing is deleted then
 */
export async function collectGarbage(
  store: Store,
  { keepRunsDays, dryRun, now = new Date() }: CollectOptions,
): Promise<Collected> {
  const { objects, artifacts } = store;
  const fence = dryRun ? null : await CollectionFence.raise(objects);
  try {
    const listed = await listAll(objects, "objects/");
    const live = await liveSet(objects, artifacts, await dropRule(store, keepRunsDays, now), listed);
    const unused = unusedObjects(listed, live, now);
    const before = await readMark(objects);
    const rested = before.filter((mark) => now.getTime() - Date.parse(mark.markedAt) >= markRestsMs);
    const due = rested.flatMap((mark) => mark.objects).filter(([key, modifiedMs]) => unused.get(key)?.modifiedMs === modifiedMs);
    const entries = await unusedEntries(objects, live, now);
    const waiting = before.length > rested.length;
    const deletedKeys = new Set(due.map(([key]) => key));
    const marks = [...unused]
      .filter(([key]) => !deletedKeys.has(key))
      .map(([key, { modifiedMs, sizeBytes }]): Marked => [key, modifiedMs, sizeBytes]);
    if (fence) {
      await deleteInBatches(objects, fence, [...entries, ...(await keysOfRuns(objects, live.dropped)), ...deletedKeys]);
      // Where objects are files on this machine, its copies are second names: only without them is there room again.
      for (const key of deletedKeys) await artifacts.forgetLocal({ sha256: basename(key) });
      // A mark that still rests stays as it is: marking anew would put the deleting off for ever.
      if (!waiting) await writeMark(objects, marks, now);
    }
    return {
      deleted: { ...amountOf(due), runs: live.dropped, ledgerEntries: entries.length },
      marked: amountOf(waiting ? before.flatMap((mark) => mark.objects) : marks),
      deletableFrom: nextPass(waiting ? before : marks.length > 0 ? [{ markedAt: now.toISOString() }] : []),
    };
  } finally {
    await fence?.lower();
  }
}

/** Whether a run may go: it ended long ago, nobody wants it kept, and no model came from it. */
async function dropRule(
  { objects, runs }: Store,
  keepRunsDays: number | undefined,
  now: Date,
): Promise<(record: RunRecord) => boolean> {
  if (keepRunsDays === undefined) return () => false;
  const notes = await new RunNotesStore(objects).all();
  const registry = new ModelRegistry(objects);
  const makers = new Set<string>();
  for (const name of await registry.names())
    for (const version of await registry.versions(name)) makers.add((await registry.version(name, version)).runId);
  const oldest = now.getTime() - keepRunsDays * dayMs;
  const isOld = ({ finishedAt }: RunRecord) => finishedAt !== null && Date.parse(finishedAt) < oldest;
  const needed = await runsWhoseSplitIsExtended(runs, (record) => !isOld(record));
  return (record) => {
    const { runId } = record;
    return isOld(record) && !makers.has(runId) && !needed.has(runId) && notes.get(runId)?.tags["keep"] === undefined;
  };
}

/** Runs that later ones take their parts from, however far back. */
async function runsWhoseSplitIsExtended(runs: Store["runs"], isKept: (record: RunRecord) => boolean): Promise<Set<string>> {
  const needed = new Set<string>();
  for (const runId of await runs.ids()) {
    const record = await runs.find(runId); // newest first: whoever extends comes before whom it extends
    const extended = record && (isKept(record) || needed.has(runId)) ? record.pipeline.split.extends : undefined;
    if (extended !== undefined) needed.add(extended);
  }
  return needed;
}

function unusedObjects(listed: Listed, live: LiveSet, now: Date): Listed {
  const isUnused = ([key, { modifiedMs }]: [string, { modifiedMs: number }]) =>
    !live.objects.has(key) && now.getTime() - modifiedMs >= graceMs;
  return new Map([...listed].filter(isUnused));
}

async function unusedEntries(objects: ObjectStore, live: LiveSet, now: Date): Promise<string[]> {
  const entries = await listAll(objects, "ledger/");
  return [...entries]
    .filter(([key, { modifiedMs }]) => !live.ledger.has(key) && now.getTime() - modifiedMs >= graceMs)
    .map(([key]) => key);
}

/** Records, logs, checkpoints and which training that was; the record first, so that a half-deleted run is none. */
async function keysOfRuns(objects: ObjectStore, runIds: readonly string[]): Promise<string[]> {
  const keys = runIds.length > 0 ? await notedTrainings(objects, new Set(runIds)) : [];
  for (const runId of runIds) {
    const own: string[] = [];
    for (const folder of [`runs/${runId}/`, `checkpoints/${runId}/`])
      for await (const { key } of objects.list(folder)) own.push(key);
    keys.push(
      ...own.toSorted((a, b) => Number(b.endsWith("/run.json")) - Number(a.endsWith("/run.json"))),
      `run-notes/${runId}.json`,
    );
  }
  return keys;
}

async function deleteInBatches(objects: ObjectStore, fence: CollectionFence, keys: readonly string[]): Promise<void> {
  for (let start = 0; start < keys.length; start += keysPerBatch) {
    await fence.renew();
    await objects.delete(keys.slice(start, start + keysPerBatch));
  }
}

async function listAll(objects: ObjectStore, prefix: string): Promise<Listed> {
  const found: Listed = new Map();
  for await (const { key, sizeBytes, modifiedAt } of objects.list(prefix))
    found.set(key, { sizeBytes, modifiedMs: modifiedAt.getTime() });
  return found;
}

async function readMark(objects: ObjectStore): Promise<z.infer<typeof markedSchema>[]> {
  const files = await objects.listFolder(markFolder);
  const marks = await Promise.all(files.map((file) => findJson(objects, `${markFolder}${file}`, markedSchema)));
  return marks.flatMap((mark) => (mark ? [mark.value] : []));
}

async function writeMark(objects: ObjectStore, marks: readonly Marked[], now: Date): Promise<void> {
  const stale = await objects.listFolder(markFolder);
  await objects.delete(stale.map((file) => `${markFolder}${file}`));
  for (let start = 0; start < marks.length; start += keysPerFile) {
    const mark = { formatVersion: 1, markedAt: now.toISOString(), objects: marks.slice(start, start + keysPerFile) };
    await putJson(objects, `${markFolder}${String(start / keysPerFile).padStart(6, "0")}.json`, mark);
  }
}

function amountOf(marks: readonly Marked[]): Amount {
  return { objects: marks.length, bytes: marks.reduce((sum, [, , sizeBytes]) => sum + sizeBytes, 0) };
}

function nextPass(marks: readonly { markedAt: string }[]): string | null {
  const [first] = marks;
  return first ? new Date(Date.parse(first.markedAt) + markRestsMs).toISOString() : null;
}
