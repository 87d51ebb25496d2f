import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import { InvalidData } from "../ml/errors.ts";
import type { SourceFile } from "../ml/ingest/schema.ts";
import { sourceManifestSchema } from "../ml/ingest/schema.ts";
import { stageOf } from "../ml/run/plan-retry.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import type { OpenBucket } from "../storage/object-store.ts";
import type { Store } from "../storage/open-store.ts";
import { parseS3Address } from "../storage/resolve-source.ts";
import { withoutSecrets } from "../storage/secrets.ts";

/** A file of a run's data that cannot be read as it was. */
interface LostFile {
  path: string;
  /** What is the matter with it, in words. */
  reason: string;
}

type SourceStore = Pick<Store, "artifacts" | "openBucket">;

const parallelLooks = 16;

/** Which files of a run's data are gone or changed since; the bytes themselves are checked by whoever reads them. */
async function lostFiles(store: SourceStore, source: ArtifactRef): Promise<LostFile[]> {
  const { artifacts } = store;
  if (!(await artifacts.isIntact(source)))
    return [{ path: source.uri, reason: "the list of the data's files is gone from the store" }];
  const { files } = await artifacts.getJson(source, sourceManifestSchema);
  const lost: LostFile[] = [];
  const waiting = files.toReversed();
  const look = async () => {
    for (let file = waiting.pop(); file; file = waiting.pop()) {
      const reason = await whyLost(store, file);
      if (reason !== null) lost.push({ path: file.path, reason });
    }
  };
  await Promise.all(Array.from({ length: parallelLooks }, look));
  return lost.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** The list of a run's files; those that it fetched from elsewhere by the content they had. */
export function sourceOf(record: RunRecord): ArtifactRef {
  return stageOf(record, "ingest")?.outputs["source"] ?? record.source;
}

/** @throws {InvalidData} naming the files of a run's data that are gone or changed since */
export async function refuseLostData(store: SourceStore, runId: string, source: ArtifactRef): Promise<void> {
  const lost = await lostFiles(store, source);
  if (lost.length === 0) return;
  const shown = lost.slice(0, 5).map(({ path, reason }) => `${path} ${reason}`);
  const more = lost.length > shown.length ? ` and ${lost.length - shown.length} more` : "";
  throw new InvalidData(
    `The data of run ${runId} is not as it was: ${shown.join("; ")}${more}. Start a new run on the data as it is`,
  );
}

async function whyLost({ artifacts, openBucket }: SourceStore, file: SourceFile): Promise<string | null> {
  const { uri, sha256, sizeBytes, url, etag } = file;
  if (uri !== undefined && sha256 !== undefined) {
    const isThere = await artifacts.isIntact({ uri, sha256, sizeBytes, mediaType: mediaTypes.bytes });
    return isThere ? null : "is gone from the store, or cut short";
  }
  if (url === undefined) return "has no address";
  try {
    const now = await etagNow(url, openBucket);
    return now === etag ? null : `has changed: its ETag was ${etag}, now ${now}`;
  } catch (error) {
    return `${withoutSecrets(url)} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function etagNow(url: string, openBucket: OpenBucket): Promise<string | null> {
  if (url.startsWith("s3://")) {
    const { bucket, key } = parseS3Address(url);
    return (await openBucket(bucket).head(key)).etag;
  }
  const { ok, status, headers } = await fetch(url, { method: "HEAD", redirect: "follow" });
  if (!ok) throw new Error(`it answers ${status}`);
  return headers.get("etag") ?? headers.get("last-modified");
}
