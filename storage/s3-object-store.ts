import { createReadStream, createWriteStream } from "node:fs";
import { open, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

import type { GetFileOptions, ListedObject, ObjectHead, ObjectStore, PutOptions } from "./object-store.ts";
import { ObjectNotFound, PreconditionFailed } from "./object-store.ts";
import { Turns } from "./turns.ts";

export interface S3Settings {
  /** URL of the server; undefined = AWS. */
  endpoint?: string;
  region: string;
  bucket: string;
  /** Put before every key, without slashes at its ends; "" = none. */
  prefix: string;
  forcePathStyle: boolean;
  /**
   * Folder of the embedded versitygw's buckets, on this machine, in which an object is a plain file under its key. That server does not sync
   * what it acknowledges, so whoever puts an object syncs its file before going on. Absent for every other server, which has its own
   * guarantees.
   */
  embeddedFolder?: string;
  /** A profile of AWS' configuration files: the default chain then leaves the environment's keys aside. */
  profile?: string;
  /** How to reach the buckets that s3:// sources name, where that is not the same way. */
  sources?: Omit<S3Settings, "bucket" | "prefix" | "embeddedFolder" | "sources">;
  /** Absent: the AWS default chain (environment, profile, container, instance). */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/** "S3 DeleteObjects API supports max 1000 keys per request". @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const maxKeysPerDelete = 1000;

/** Smaller files go up in one request, whose Content-Length and checksum every server understands. */
const singlePutLimitBytes = 16 * 1024 * 1024;

/**
 * Requests on their way at a time; the others wait here. In the SDK they would wait for a socket, and fail if that takes longer than a
 * connection may. A request that is answered holds its socket until the body is read, so there are more of those.
 */
const [requestsAtOnce, sockets] = [32, 128];

/** The only file that knows the AWS SDK. */
export class S3ObjectStore implements ObjectStore {
  readonly #client: S3Client;
  readonly #settings: S3Settings;

  constructor(settings: S3Settings) {
    this.#settings = settings;
    this.#client = new S3Client({
      region: settings.region,
      forcePathStyle: settings.forcePathStyle,
      maxAttempts: 2,
      cacheMiddleware: true, // the same few commands all day: a third of a small request's time
      requestHandler: {
        connectionTimeout: 3_000,
        socketTimeout: 60_000,
        httpAgent: { maxSockets: sockets },
        httpsAgent: { maxSockets: sockets },
      },
      ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
      ...(settings.profile === undefined ? {} : { profile: settings.profile }),
      ...(settings.credentials === undefined ? {} : { credentials: settings.credentials }),
    });
    const turns = new Turns(requestsAtOnce);
    this.#client.middlewareStack.add((next) => (request) => turns.take(() => next(request)), { step: "initialize" });
  }

  describe(): string {
    const { endpoint, bucket, prefix, region } = this.#settings;
    return `S3 [endpoint=${withoutCredentials(endpoint) ?? "aws"}, bucket=${bucket}, prefix=${prefix || "-"}, region=${region}]`;
  }

  /** Makes the bucket where it is absent. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html */
  async ensureBucket(): Promise<"present" | "made"> {
    const Bucket = this.#settings.bucket;
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket }));
      return "present";
    } catch (error) {
      if (statusOf(error) !== 404) throw this.#explain(error, "head bucket", Bucket);
    }
    try {
      await this.#client.send(new CreateBucketCommand({ Bucket }));
      return "made";
    } catch (error) {
      if (error instanceof S3ServiceException && error.name === "BucketAlreadyOwnedByYou") return "present";
      throw this.#explain(error, "create bucket", Bucket);
    }
  }

  async put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<{ etag: string }> {
    const condition = options.condition;
    try {
      const result = await this.#client.send(
        new PutObjectCommand({
          ...this.#at(key),
          Body: bytes,
          ContentType: options.mediaType ?? "application/octet-stream",
          ...(condition && "ifAbsent" in condition ? { IfNoneMatch: "*" } : {}),
          ...(condition && "ifMatch" in condition ? { IfMatch: condition.ifMatch } : {}),
        }),
        abortable(options.signal),
      );
      if (!options.mayBeLost) await this.#syncEmbedded(key);
      return { etag: result.ETag ?? "" };
    } catch (error) {
      throw this.#explain(error, "put", key);
    }
  }

  async putFile(key: string, path: string, options: { mediaType?: string; signal?: AbortSignal } = {}): Promise<void> {
    const sizeBytes = (await stat(path)).size;
    const target = { ...this.#at(key), ContentType: options.mediaType ?? "application/octet-stream" };
    try {
      if (sizeBytes <= singlePutLimitBytes) {
        const Body = createReadStream(path);
        await this.#client.send(new PutObjectCommand({ ...target, Body: await collect(Body) }), abortable(options.signal));
        await this.#syncEmbedded(key);
        return;
      }
      const upload = new Upload({ client: this.#client, params: { ...target, Body: createReadStream(path) }, queueSize: 4 });
      options.signal?.addEventListener("abort", () => void upload.abort(), { once: true });
      await upload.done();
      await this.#syncEmbedded(key);
    } catch (error) {
      throw this.#explain(error, "put", key);
    }
  }

  async get(key: string, options: { signal?: AbortSignal } = {}): Promise<{ bytes: Uint8Array; etag: string }> {
    try {
      const result = await this.#client.send(new GetObjectCommand(this.#at(key)), abortable(options.signal));
      return { bytes: (await result.Body?.transformToByteArray()) ?? new Uint8Array(), etag: result.ETag ?? "" };
    } catch (error) {
      throw this.#explain(error, "get", key);
    }
  }

  async getFile(key: string, path: string, { ifMatch, have = 0, signal }: GetFileOptions = {}): Promise<void> {
    try {
      const condition = ifMatch === undefined ? {} : { IfMatch: ifMatch };
      const range = have === 0 ? {} : { Range: `bytes=${have}-` };
      const request = new GetObjectCommand({ ...this.#at(key), ...condition, ...range });
      const { Body, ContentRange } = await this.#client.send(request, abortable(signal));
      // A server that knows no ranges sends everything.
      const flags = ContentRange?.startsWith(`bytes ${have}-`) ? "a" : "w";
      await pipeline(Body as Readable, createWriteStream(path, { flags }), abortable(signal) ?? {});
    } catch (error) {
      throw this.#explain(error, "get", key);
    }
  }

  fileOf(key: string): string | null {
    const { embeddedFolder, bucket } = this.#settings;
    return embeddedFolder === undefined ? null : join(embeddedFolder, bucket, this.#fullKey(key));
  }

  async head(key: string, options: { signal?: AbortSignal } = {}): Promise<ObjectHead> {
    try {
      const result = await this.#client.send(new HeadObjectCommand(this.#at(key)), abortable(options.signal));
      return { sizeBytes: result.ContentLength ?? 0, etag: result.ETag ?? "", modifiedAt: result.LastModified ?? new Date(0) };
    } catch (error) {
      throw this.#explain(error, "head", key);
    }
  }

  /**
   * A copy onto itself. versitygw's keeps the file and its time: the embedded one's file is touched, another one's bytes are put again.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
   */
  async touch(key: string): Promise<void> {
    const at = this.#at(key);
    try {
      const before = await this.#client.send(new HeadObjectCommand(at));
      const file = this.fileOf(key);
      if (file !== null) {
        const now = new Date();
        await utimes(file, now, now);
        return;
      }
      const { ContentType } = before;
      const CopySource = `${at.Bucket}/${at.Key.split("/").map(encodeURIComponent).join("/")}`;
      await this.#client.send(new CopyObjectCommand({ ...at, CopySource, MetadataDirective: "REPLACE", ContentType }));
      const after = await this.#client.send(new HeadObjectCommand(at));
      if (Number(after.LastModified) > Number(before.LastModified)) return;
      const { Body } = await this.#client.send(new GetObjectCommand(at));
      await new Upload({ client: this.#client, params: { ...at, ContentType, Body: Body as Readable } }).done();
    } catch (error) {
      throw this.#explain(error, "touch", key);
    }
  }

  async *list(prefix: string, options: { signal?: AbortSignal } = {}): AsyncIterable<ListedObject> {
    let ContinuationToken: string | undefined;
    do {
      const page = await this.#listPage({ Prefix: this.#fullKey(prefix), ContinuationToken }, options.signal);
      for (const found of page.Contents ?? []) {
        if (found.Key === undefined) continue;
        yield {
          key: this.#relativeKey(found.Key),
          sizeBytes: found.Size ?? 0,
          etag: found.ETag ?? "",
          modifiedAt: found.LastModified ?? new Date(0),
        };
      }
      ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (ContinuationToken !== undefined);
  }

  async listFolder(prefix: string): Promise<string[]> {
    const names: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await this.#listPage({ Prefix: this.#fullKey(prefix), Delimiter: "/", ContinuationToken });
      const keys = [
        ...(page.CommonPrefixes ?? []).map((entry) => entry.Prefix),
        ...(page.Contents ?? []).map((entry) => entry.Key),
      ];
      for (const key of keys) if (key !== undefined) names.push(this.#relativeKey(key).slice(prefix.length));
      ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (ContinuationToken !== undefined);
    return names;
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += maxKeysPerDelete) {
      const Objects = keys.slice(start, start + maxKeysPerDelete).map((key) => ({ Key: this.#fullKey(key) }));
      try {
        const result = await this.#client.send(
          new DeleteObjectsCommand({ Bucket: this.#settings.bucket, Delete: { Objects, Quiet: true } }),
        );
        const failed = result.Errors?.[0];
        if (failed) throw new Error(`${failed.Code}: ${failed.Message}`);
      } catch (error) {
        throw this.#explain(error, "delete", keys[start] ?? "");
      }
    }
  }

  close(): void {
    this.#client.destroy();
  }

  async #listPage(input: { Prefix: string; Delimiter?: string; ContinuationToken: string | undefined }, signal?: AbortSignal) {
    try {
      const { ContinuationToken, ...rest } = input;
      return await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#settings.bucket,
          ...rest,
          ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
        }),
        abortable(signal),
      );
    } catch (error) {
      throw this.#explain(error, "list", input.Prefix);
    }
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#settings.bucket, Key: this.#fullKey(key) };
  }

  async #syncEmbedded(key: string): Promise<void> {
    const file = this.fileOf(key);
    if (file !== null) await syncFile(file);
  }

  #fullKey(key: string): string {
    return this.#settings.prefix ? `${this.#settings.prefix}/${key}` : key;
  }

  #relativeKey(key: string): string {
    return this.#settings.prefix ? key.slice(this.#settings.prefix.length + 1) : key;
  }

  #explain(cause: unknown, verb: string, key: string): Error {
    const status = statusOf(cause);
    const where = `${this.describe()} [key=${key}]`;
    const missing = cause instanceof S3ServiceException && (cause.name === "NoSuchKey" || cause.name === "NotFound");
    if (missing || (status === 404 && verb !== "head bucket")) return new ObjectNotFound(`No such object at ${where}`, { cause });
    // 412: the condition does not hold; 409: another conditional write to the key was in flight.
    if (status === 412 || (status === 409 && verb === "put"))
      return new PreconditionFailed(`Condition does not hold at ${where}`, { cause });
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    return new StorageFailed(`Storage could not ${verb} at ${where}: ${withoutCredentials(reason)}`, status, { cause });
  }
}

/** Thrown when a server refused or could not be reached. Retried by whoever schedules the work. */
export class StorageFailed extends Error {
  override name = "StorageFailed";
  /** HTTP status, or undefined where no answer came. */
  readonly status: number | undefined;
  constructor(message: string, status: number | undefined, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

function abortable(signal: AbortSignal | undefined): { abortSignal: AbortSignal; signal: AbortSignal } | undefined {
  return signal ? { abortSignal: signal, signal } : undefined;
}

/** Syncs a file and the folder that names it, which is what makes a new file survive a power cut. @see fsync(2) */
async function syncFile(path: string): Promise<void> {
  await Promise.all([path, dirname(path)].map(syncOne)); // one after the other would wait for the disk twice
}

async function syncOne(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** `https://user:password@host` must not reach a log. */
function withoutCredentials<T extends string | undefined>(text: T): T {
  return text?.replace(/\/\/[^/@\s]+@/g, "//***@") as T;
}

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
