/** Thrown when no object has this key. */
export class ObjectNotFound extends Error {
  override name = "ObjectNotFound";
}

/** Thrown when a conditional request found the object otherwise than demanded. */
export class PreconditionFailed extends Error {
  override name = "PreconditionFailed";
}

export interface ObjectHead {
  sizeBytes: number;
  etag: string;
  modifiedAt: Date;
}

export interface ListedObject extends ObjectHead {
  key: string;
}

export type PutCondition = { ifAbsent: true } | { ifMatch: string };

export interface PutOptions {
  mediaType?: string;
  /** Put only if the key is absent, or still has this etag; otherwise {@link PreconditionFailed}. */
  condition?: PutCondition;
  signal?: AbortSignal;
  /** Need not survive a power cut, as a log: spares waiting for the disk. */
  mayBeLost?: boolean;
}

export interface GetFileOptions {
  ifMatch?: string;
  have?: number;
  signal?: AbortSignal;
}

/** An object's bytes, or null where it is absent: also one that was listed may be deleted by somebody else before it is read. */
export async function findObject(objects: ObjectStore, key: string): Promise<{ bytes: Uint8Array; etag: string } | null> {
  try {
    return await objects.get(key);
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}

/**
 * The port to S3-compatible storage, in the verbs convoy needs. Keys are relative to the store's prefix. No key may be a
 * `/`-prefix of another; segments are at most 240 bytes; list order means nothing.
 * @throws {ObjectNotFound} by reads of a missing key. Other failures carry `[bucket=…, key=…]`.
 */
export interface ObjectStore {
  /** Where this is, for messages: never contains credentials. */
  describe(): string;
  put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<{ etag: string }>;
  /** Streams a local file up in parts, in bounded memory. */
  putFile(key: string, path: string, options?: { mediaType?: string; signal?: AbortSignal }): Promise<void>;
  get(key: string, options?: { signal?: AbortSignal }): Promise<{ bytes: Uint8Array; etag: string }>;
  /**
   * Streams an object into a local file; only if it still has the etag `ifMatch`, where given: otherwise {@link PreconditionFailed}. A file
   * that has the first `have` bytes already is given the others; what came before a connection breaks stays in it.
   */
  getFile(key: string, path: string, options?: GetFileOptions): Promise<void>;
  /**
   * The file that holds the object, where the server keeps objects as files on this machine: for readers who verify what they read, which
   * spares them a request. Null elsewhere; whether there is such a file is not looked at.
   */
  fileOf(key: string): string | null;
  head(key: string, options?: { signal?: AbortSignal }): Promise<ObjectHead>;
  /** Gives an object the present time as its `modifiedAt`; its bytes and media type stay. */
  touch(key: string): Promise<void>;
  list(prefix: string, options?: { signal?: AbortSignal }): AsyncIterable<ListedObject>;
  /** Names directly under `prefix` (which ends in `/`): "folders" with a trailing slash and objects. */
  listFolder(prefix: string): Promise<string[]>;
  delete(keys: readonly string[]): Promise<void>;
}

/** Opens another bucket, whose objects a source is made of; whoever opens it twice gets the same. */
export type OpenBucket = (bucket: string) => ObjectStore;
