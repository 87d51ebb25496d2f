import { createHash } from "node:crypto";

import type { CheckpointEntry } from "../ml/checkpoint/schema.ts";
import type { Checkpoint } from "./checkpoint-bytes.ts";
import { decodeCheckpoint } from "./checkpoint-bytes.ts";
import type { ObjectStore } from "./object-store.ts";
import { findObject } from "./object-store.ts";

interface Found {
  entry: CheckpointEntry;
  checkpoint: Checkpoint;
}

/**
 * What a damaged manifest must have listed: a power cut tears what was written last, and that is often the manifest. Checkpoints name
 * their own hash, so those that are whole are known without it. Oldest first.
 */
export async function recoverCheckpoints(objects: ObjectStore, folder: string): Promise<CheckpointEntry[]> {
  const found: Found[] = [];
  for (const name of await objects.listFolder(`${folder}/`)) {
    const sha256 = /^\d+-\d+-\d+-([0-9a-f]{64})$/.exec(name)?.[1];
    if (sha256 === undefined) continue;
    const key = `${folder}/${name}`;
    const bytes = (await findObject(objects, key))?.bytes; // an attempt that does not know yet that it is stale deletes its older ones
    if (!bytes || createHash("sha256").update(bytes).digest("hex") !== sha256) continue;
    const checkpoint = decodeCheckpoint(bytes);
    const { epoch, stepInEpoch, epochDone } = checkpoint.state;
    const { workHash } = checkpoint;
    const entry = { key, sha256, sizeBytes: bytes.byteLength, workHash, epoch, stepInEpoch, epochDone, best: null };
    found.push({ entry, checkpoint });
  }
  return found
    .toSorted((a, b) => a.entry.epoch - b.entry.epoch || a.entry.stepInEpoch - b.entry.stepInEpoch)
    .map(({ entry, checkpoint }) => ({ ...entry, best: bestKey(checkpoint, found) }));
}

function bestKey({ keepsBest, workHash, state }: Checkpoint, found: readonly Found[]): string | null {
  const best = state.bestEpoch.best;
  if (!keepsBest || best === null) return null;
  const holder = found.find(({ entry }) => entry.epochDone && entry.epoch === best.epoch && entry.workHash === workHash);
  // A key nobody lists makes the checkpoint unusable, as it is without its best weights.
  return holder?.entry.key ?? "lost";
}
