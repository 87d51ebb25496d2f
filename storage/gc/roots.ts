import type { ArtifactRef } from "../../ml/artifact.ts";
import type { RunRecord } from "../../ml/run/schema.ts";
import { runRecordSchema } from "../../ml/run/schema.ts";
import type { ArtifactStore } from "../artifact-store.ts";
import { findJson } from "../json.ts";
import type { ObjectStore } from "../object-store.ts";
import { findObject } from "../object-store.ts";
import { reachable, refsIn } from "../reachable.ts";
import { trainingsFolder } from "../trainings.ts";

/** Folders whose JSON refers to nothing that has to stay: bytes, caches of results, and our own notes. */
const foldersWithoutRoots = new Set(["objects/", "ledger/", "checkpoints/", trainingsFolder, "runs-index/", "gc/", "probes/"]);

const runRecordKey = /^runs\/[^/]+\/run\.json$/;

/** Something that keeps artifacts alive, and what they are to it: `dataset`, `train`, `models`. */
interface Root {
  what: string;
  refs: readonly ArtifactRef[];
}

/** What everything that is kept refers to. */
export interface LiveSet {
  /** Kind of each object that is referred to, by key. The first kind found counts. */
  objects: Map<string, string>;
  /** Keys of ledger entries that a kept run used. */
  ledger: Set<string>;
  /** Runs that are not kept. */
  dropped: string[];
}

/**
 * Follows every reference from every record that is kept: runs, model versions, sweeps and whatever else lies in JSON outside of objects.
 * What somebody deletes meanwhile, a schedule say, keeps nothing.
 * @param isDropped whether a run that ended may go
 * @param present sizes of all objects by key, as listed: nothing is asked twice
 * @throws {InvalidRecord} where a record cannot be read: what it keeps is not known then, so nothing may be deleted
 */
export async function liveSet(
  objects: ObjectStore,
  artifacts: ArtifactStore,
  isDropped: (record: RunRecord) => boolean,
  present: ReadonlyMap<string, { sizeBytes: number }>,
): Promise<LiveSet> {
  const live: LiveSet = { objects: new Map(), ledger: new Set(), dropped: [] };
  const seen = new Set<string>();
  const isIntact = async (ref: ArtifactRef) => present.get(ref.uri)?.sizeBytes === ref.sizeBytes;
  const follow = async ({ what, refs }: Root) => {
    for await (const { ref } of reachable(artifacts, refs, { seen, isIntact, largestJsonBytes: Infinity }))
      live.objects.set(ref.uri, what);
  };
  for (const folder of await objects.listFolder("")) {
    if (foldersWithoutRoots.has(folder) || !folder.endsWith("/")) continue;
    for await (const { key } of objects.list(folder)) {
      if (runRecordKey.test(key)) {
        const found = await findJson(objects, key, runRecordSchema);
        if (!found) continue;
        if (isDropped(found.value)) live.dropped.push(found.value.runId);
        else {
          for (const root of rootsOfRun(found.value)) await follow(root);
          for (const entry of ledgerEntriesOf(found.value)) live.ledger.add(entry);
        }
      } else if (key.endsWith(".json")) await follow({ what: folder.replace("/", ""), refs: await refsOf(objects, key) });
    }
  }
  return live;
}

function ledgerEntriesOf({ stages }: RunRecord): string[] {
  return stages.flatMap(({ name, key, entry }) =>
    key !== null && entry !== null ? [`ledger/${name}/${key}/${entry}.json`] : [],
  );
}

async function refsOf(objects: ObjectStore, key: string): Promise<ArtifactRef[]> {
  const found = await findObject(objects, key);
  return found ? refsIn(JSON.parse(Buffer.from(found.bytes).toString("utf8"))) : [];
}

function rootsOfRun({ source, build, stages, ...rest }: RunRecord): Root[] {
  return [
    { what: "sources", refs: [source] },
    { what: "builds", refs: build ? [build] : [] },
    ...stages.map(({ name, inputs, outputs }) => ({ what: name, refs: [...Object.values(outputs), ...Object.values(inputs)] })),
    { what: "runs", refs: refsIn(rest) },
  ];
}
