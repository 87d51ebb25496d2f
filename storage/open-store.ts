import { randomBytes, randomUUID } from "node:crypto";

import { z } from "zod";

import { ArtifactStore } from "./artifact-store.ts";
import { findJson, putJson } from "./json.ts";
import { Ledger } from "./ledger.ts";
import type { ObjectStore, OpenBucket } from "./object-store.ts";
import { PreconditionFailed } from "./object-store.ts";
import { RunRecords } from "./run-records.ts";
import type { S3Settings } from "./s3-object-store.ts";
import { S3ObjectStore } from "./s3-object-store.ts";
import { Sweeps } from "./sweeps.ts";

/** Everything kept in one bucket and prefix. */
export interface Store {
  /** Six characters that name this store; part of queue names, so that workers of another store never take its work. */
  id: string;
  objects: ObjectStore;
  artifacts: ArtifactStore;
  ledger: Ledger;
  runs: RunRecords;
  /** Other buckets, which s3:// sources lie in. */
  openBucket: OpenBucket;
  sweeps: Sweeps;
  close(): void;
}

/** Thrown when the server accepts a conditional put that it had to refuse: without those, concurrent writers lose data. */
export class ConditionalWritesMissing extends Error {
  override name = "ConditionalWritesMissing";
}

const storeRecordSchema = z.strictObject({ formatVersion: z.literal(1), id: z.string() });
const storeRecordKey = "store.json";

/**
 * Opens a store, makes its bucket where allowed, and on first use probes what convoy relies on.
 * @throws {ConditionalWritesMissing} @throws {StorageFailed}
 */
export async function openStore(settings: S3Settings, cacheFolder: string): Promise<Store> {
  const objects = new S3ObjectStore(settings);
  const id = await identify(objects).catch((error: unknown) => {
    objects.close();
    throw error;
  });
  const artifacts = new ArtifactStore(objects, cacheFolder);
  const sources = sourceBuckets(settings);
  return {
    id,
    objects,
    artifacts,
    ledger: new Ledger(objects, artifacts),
    runs: new RunRecords(objects),
    sweeps: new Sweeps(objects),
    openBucket: sources.open,
    close: () => {
      sources.close();
      objects.close();
    },
  };
}

async function identify(objects: S3ObjectStore): Promise<string> {
  await objects.ensureBucket();
  const known = await findJson(objects, storeRecordKey, storeRecordSchema);
  if (known) return known.value.id;
  await probeConditionalWrites(objects);
  const id = randomBytes(3).toString("hex");
  try {
    await putJson(objects, storeRecordKey, { formatVersion: 1, id }, { condition: { ifAbsent: true } });
    return id;
  } catch (error) {
    if (!(error instanceof PreconditionFailed)) throw error;
    const winner = await findJson(objects, storeRecordKey, storeRecordSchema);
    if (!winner) throw error;
    return winner.value.id;
  }
}

/**
 * Some servers answer 200 to a conditional put and overwrite all the same; the only way to know is to try.
 * @throws {ConditionalWritesMissing}
 */
export async function probeConditionalWrites(objects: ObjectStore): Promise<void> {
  const key = `probes/${randomUUID()}`;
  const refuses = async (condition: { ifAbsent: true } | { ifMatch: string }) => {
    try {
      await objects.put(key, Buffer.from("second"), { condition });
      return false;
    } catch (error) {
      if (error instanceof PreconditionFailed) return true;
      throw error;
    }
  };
  const { etag } = await objects.put(key, Buffer.from("first"), { condition: { ifAbsent: true } });
  try {
    if (!(await refuses({ ifAbsent: true }))) throw missing(objects, "If-None-Match");
    if (!(await refuses({ ifMatch: `"${"0".repeat(32)}"` }))) throw missing(objects, "If-Match");
    await objects.put(key, Buffer.from("third"), { condition: { ifMatch: etag } });
  } finally {
    await objects.delete([key]);
  }
}

function missing(objects: ObjectStore, header: string): ConditionalWritesMissing {
  return new ConditionalWritesMissing(
    `${objects.describe()} ignores ${header} on PUT and overwrites. convoy needs conditional writes to keep concurrent runs apart; ` +
      "use a server that has them, e.g. AWS S3, versitygw, SeaweedFS or MinIO",
  );
}

/** A client for each bucket asked for, by the settings of sources, else by the store's own. */
function sourceBuckets(settings: S3Settings): { open: OpenBucket; close: () => void } {
  const { embeddedFolder: _embeddedFolder, sources, ...own } = settings;
  const opened = new Map<string, S3ObjectStore>();
  return {
    open: (bucket) => {
      const known = opened.get(bucket) ?? new S3ObjectStore({ ...(sources ?? own), bucket, prefix: "" });
      opened.set(bucket, known);
      return known;
    },
    close: () => {
      for (const bucket of opened.values()) bucket.close();
    },
  };
}
