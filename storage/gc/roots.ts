import type { ArtifactRef } from "../../ml/artifact.ts";
import type { RunRecord } from "../../ml/run/schema.ts";
import { runRecordSchema } from "../../ml/run/schema.ts";
import type { ArtifactStore } from "../artifact-store.ts";
import { getJson } from "../json.ts";
import type { ObjectStore } from "../object-store.ts";
import { reachable, refsIn } from "../reachable.ts";
import { trainingsFolder } from "../trainings.ts";

/** Folders whose JSON refers to nothing that has to stay: bytes, caches of results, and our own notes. */
const foldersWithoutRoots = new Set(["objects/", "ledger/", "checkpoints/", trainingsFolder, "runs-index/", "gc/", "probes/"]);

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
      if (!key.endsWith(".json")) continue;
      if (/^runs\/[^/]+\/run\.json$/.test(key)) {
        const { value: record } = await getJson(objects, key, runRecordSchema);
        if (isDropped(record)) live.dropped.push(record.runId);
        else {
          for (const root of rootsOfRun(record)) await follow(root);
          for (const { name, key: work, entry } of record.stages)
            if (work !== null && entry !== null) live.ledger.add(`ledger/${name}/${work}/${entry}.json`);
        }
      } else {
        const { bytes } = await objects.get(key);
        await follow({ what: folder.replace("/", ""), refs: refsIn(JSON.parse(Buffer.from(bytes).toString("utf8"))) });
      }
    }
  }
  return live;
}

function rootsOfRun({ source, build, stages, ...rest }: RunRecord): Root[] {
  return [
    { what: "sources", refs: [source] },
    { what: "builds", refs: build ? [build] : [] },
    ...stages.map(({ name, inputs, outputs }) => ({ what: name, refs: [...Object.values(outputs), ...Object.values(inputs)] })),
    { what: "runs", refs: refsIn(rest) },
  ];
}
