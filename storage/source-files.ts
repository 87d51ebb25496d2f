import { open, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";

import type { ArtifactRef } from "../ml/artifact.ts";
import { mediaTypes } from "../ml/artifact.ts";
import { ArtifactCorrupt, InvalidConfiguration, InvalidData, PipelineError } from "../ml/errors.ts";
import type { SourceFile } from "../ml/ingest/schema.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import type { OpenBucket } from "./object-store.ts";
import { ObjectNotFound, PreconditionFailed } from "./object-store.ts";
import type { ReusedMemory } from "./reused-memory.ts";
import { parseS3Address } from "./resolve-source.ts";
import { withoutSecrets } from "./secrets.ts";

interface SourceFilesOptions {
  artifacts: ArtifactStore;
  openBucket: OpenBucket;
  /** Where downloads go; the caller deletes it. */
  scratchFolder: string;
  signal: AbortSignal;
}

/** The files of a source as local paths, wherever their bytes are: in the store, or at an address that is fetched now. */
export class SourceFiles {
  readonly paths: readonly string[];
  readonly #files: ReadonlyMap<string, SourceFile>;
  readonly #options: SourceFilesOptions;
  readonly #local = new Map<string, Promise<string>>();
  /** What was fetched, by path, as it stands in the store now. */
  readonly #fetched = new Map<string, SourceFile>();

  constructor(files: readonly SourceFile[], options: SourceFilesOptions) {
    this.#files = new Map(files.map((file) => [file.path, file]));
    this.paths = [...this.#files.keys()].toSorted();
    this.#options = options;
  }

  /**
   * A local copy, verified by hash or ETag. Don't change it: the store's cache hands it out.
   * @throws {InvalidData} where a remote file has changed since the run began, or ends early
   */
  localPath(path: string): Promise<string> {
    const known = this.#local.get(path);
    if (known) return known;
    const local = this.#bringHere(path);
    this.#local.set(path, local);
    return local;
  }

  /** The bytes of {@link localPath}. @param memory where they may go; the caller gives them back */
  async read(path: string, memory?: ReusedMemory): Promise<Buffer> {
    const stored = storedRef(this.describe(path));
    if (!stored) return readFile(await this.localPath(path));
    const bytes = await this.#explainLoss(path, stored, () => this.#options.artifacts.read(stored, memory));
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** What the manifest says of a file. */
  describe(path: string): SourceFile {
    const file = this.#files.get(path);
    if (!file) throw new InvalidData(`The source has no file ${JSON.stringify(path)}`);
    return file;
  }

  /** All files; those that were fetched by the content they had, so that whoever reads them again depends on no address. */
  get known(): readonly SourceFile[] {
    return [...this.#files.values()].map((file) => this.#fetched.get(file.path) ?? file);
  }

  async #bringHere(path: string): Promise<string> {
    const { artifacts, openBucket, scratchFolder, signal } = this.#options;
    const file = this.describe(path);
    const stored = storedRef(file);
    if (stored) return this.#explainLoss(path, stored, () => artifacts.localPath(stored));
    const target = join(scratchFolder, `source-${this.#local.size}`);
    const rest = file.url?.startsWith("s3://")
      ? (have: number) => getRest(file, target, have, { openBucket, signal })
      : (have: number) => fetchRest(file, target, have, signal);
    await download(file, target, { rest, signal });
    const ref = await artifacts.putFile(target, mediaTypes.bytes);
    await rm(target);
    const { uri, sha256, sizeBytes } = ref;
    this.#fetched.set(path, { path, sizeBytes, sha256, uri });
    return artifacts.localPath(ref);
  }

  async #explainLoss<T>(path: string, { uri, sha256, sizeBytes }: ArtifactRef, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (cause) {
      if (!(cause instanceof ArtifactCorrupt)) throw cause;
      // No stage made these bytes, so none can make them again; but whoever has the file sends it anew with the next run.
      await this.#options.artifacts.discardDamaged(sha256);
      throw new InvalidData(
        `${path} is not what it was when the run's data was listed: it is gone from the store, or its bytes have changed [key=${uri}, ` +
          `sha256=${sha256}, sizeBytes=${sizeBytes}]; start a new run: it sends the file again, as it is then`,
        { cause },
      );
    }
  }
}

/** Null where its bytes are not in the store yet. */
function storedRef({ uri, sha256, sizeBytes }: SourceFile): ArtifactRef | null {
  return uri === undefined || sha256 === undefined ? null : { uri, sha256, sizeBytes, mediaType: mediaTypes.bytes };
}

/** An object as it was when the run was started: each request names its ETag. */
async function getRest(
  file: SourceFile,
  target: string,
  have: number,
  { openBucket, signal }: Pick<SourceFilesOptions, "openBucket" | "signal">,
): Promise<void> {
  const { bucket, key } = parseS3Address(file.url ?? "");
  const unchanged = file.etag === undefined ? {} : { ifMatch: file.etag };
  try {
    await openBucket(bucket).getFile(key, target, { signal, have: file.etag === undefined ? 0 : have, ...unchanged });
  } catch (cause) {
    if (cause instanceof PreconditionFailed || cause instanceof ObjectNotFound) {
      throw new InvalidData(`${file.url} has changed or gone since the run began; run again`, { cause });
    }
    throw cause;
  }
}

/**
 * Fetches a file; where the connection breaks after some bytes, goes on from there. A break without any progress is left to Temporal's
 * retry.
 */
async function download(
  file: SourceFile,
  target: string,
  { rest, signal }: { rest: (have: number) => Promise<void>; signal: AbortSignal },
): Promise<void> {
  let have = 0;
  for (;;) {
    const broken = await rest(have).then(
      () => null,
      (error: unknown) => error,
    );
    if (broken instanceof PipelineError || signal.aborted) throw broken;
    const received = await sizeOf(target);
    if (broken === null && received === file.sizeBytes) return;
    if (broken === null) {
      throw new InvalidData(
        `${nameOf(file)}: ${file.sizeBytes} bytes were announced, ${received} received; the file has changed: run again`,
      );
    }
    if (received <= have) {
      throw new Error(`${nameOf(file)}: the connection broke after ${have} of ${file.sizeBytes} bytes`, { cause: broken });
    }
    have = received;
  }
}

/** @see https://httpwg.org/specs/rfc9110.html#field.if-range */
async function fetchRest(file: SourceFile, target: string, have: number, signal: AbortSignal): Promise<void> {
  const url = checkAddress(file);
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (have > 0 && file.etag !== undefined) Object.assign(headers, { range: `bytes=${have}-`, "if-range": file.etag });
  const response = await fetch(url, { headers, signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new Error(`${nameOf(file)} cannot be reached; it is asked for again`, { cause });
  });
  checkAddress({ ...file, url: response.url });
  if (response.status >= 500) throw new Error(`${nameOf(file)} answers ${response.status}`);
  if (!response.ok || response.body === null)
    throw new InvalidData(`${nameOf(file)} answers ${response.status} ${response.statusText}`);
  const etag = response.headers.get("etag") ?? response.headers.get("last-modified");
  if (etag !== file.etag) {
    throw new InvalidData(`${nameOf(file)} has changed since the run began: its ETag was ${file.etag}, now ${etag}; run again`);
  }
  const resumed = response.status === 206;
  const limit = file.sizeBytes - (resumed ? have : 0);
  // Chunk by chunk: what has come before the connection breaks stays, and is not asked for again.
  const handle = await open(target, resumed ? "a" : "w");
  try {
    for await (const chunk of noMoreThan(Readable.fromWeb(response.body), limit, file)) await handle.write(chunk);
  } finally {
    await handle.close();
  }
}

/** A server that sends more than it announced is stopped, not written to disk. */
async function* noMoreThan(chunks: AsyncIterable<Uint8Array>, limit: number, file: SourceFile): AsyncIterable<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > limit) throw new InvalidData(`${nameOf(file)}: sends more than the ${file.sizeBytes} bytes it announced`);
    yield chunk;
  }
}

function checkAddress(file: SourceFile): URL {
  const url = new URL(file.url ?? "");
  const loopback = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && loopback)) return url;
  throw new InvalidConfiguration(`${nameOf(file)}: sources are fetched by https:// only (plain http from this machine itself)`);
}

function nameOf(file: SourceFile): string {
  return file.url === undefined ? file.path : withoutSecrets(file.url);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return 0;
    throw error;
  }
}
