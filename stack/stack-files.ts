import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import { Unavailable } from "./unavailable.ts";

/** What lies where in a stack's state folder. */
export function stackPaths(stateFolder: string) {
  return {
    /** Says that convoy made the folder; `reset` deletes no other. */
    marker: join(stateFolder, ".convoy-stack"),
    lock: join(stateFolder, ".lock"),
    settings: join(stateFolder, "stack.json"),
    state: join(stateFolder, "state.json"),
    wanted: join(stateFolder, "wanted.json"),
    keys: join(stateFolder, "keys.json"),
    wishes: join(stateFolder, "workers"),
    logs: join(stateFolder, "logs"),
    database: join(stateFolder, "temporal.db"),
    s3: join(stateFolder, "s3"),
  };
}

export const s3Kinds = ["versitygw", "seaweedfs"] as const;
export type S3Kind = (typeof s3Kinds)[number];

/** Kept over restarts: ports, so that addresses stay; which server wrote the bucket's files, since formats differ. */
export const stackSettingsSchema = z.strictObject({
  formatVersion: z.literal(1),
  ports: z.record(z.string(), z.int().min(1).max(65_535)),
  s3Kind: z.enum(s3Kinds).optional(),
});
export type StackSettings = z.infer<typeof stackSettingsSchema>;

/** The servers that the supervisor is to run, with the programs to run them. */
export const wantedServersSchema = z.strictObject({
  formatVersion: z.literal(1),
  temporal: z.strictObject({ program: z.string() }).optional(),
  s3: z.strictObject({ program: z.string(), kind: z.enum(s3Kinds) }).optional(),
});
export type WantedServers = z.infer<typeof wantedServersSchema>;

/** The workers of one build for one pair of servers. Holds credentials where they were given by variables: mode 0600. */
export const workerWishSchema = z.strictObject({
  formatVersion: z.literal(1),
  buildId: z.string(),
  buildFolder: z.string(),
  dataWorkers: z.int().min(0),
  gpuWorkers: z.int().min(0),
  embedded: z.strictObject({ temporal: z.boolean(), s3: z.boolean() }),
  /** Of the configured servers; those of embedded ones are added at each start, since their ports may change. */
  variables: z.record(z.string(), z.string()),
});
export type WorkerWish = z.infer<typeof workerWishSchema>;

/** Whether workers can be started from a build's folder: its project may have been deleted or moved since. */
export function isWholeBuild(buildFolder: string): boolean {
  return workerKinds.every((kind) => existsSync(workerProgram(buildFolder, kind)));
}

export const workerKinds = ["data", "gpu"] as const;
export type WorkerKind = (typeof workerKinds)[number];

export function workerProgram(buildFolder: string, kind: WorkerKind): string {
  return join(buildFolder, "programs", `${kind}-worker.js`);
}

export const s3KeysSchema = z.strictObject({ accessKeyId: z.string(), secretAccessKey: z.string() });
export type S3Keys = z.infer<typeof s3KeysSchema>;

/** @returns undefined when the file is missing, or cannot be what was asked for (it is made again then) */
export function readJsonFile<Schema extends z.ZodType>(path: string, schema: Schema): z.infer<Schema> | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}

/**
 * Replaces a file at once: readers see the old content or the new.
 * @throws {Unavailable} when the disk is full or the folder cannot be written
 */
export function writeJsonFile(path: string, value: unknown, mode = 0o644): void {
  const temporary = `${path}.${process.pid}.part`;
  try {
    writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode });
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw explainWriteError(path, cause);
  }
}

/** Makes the state folder with what must be in it; nothing happens to what is there. @throws {Unavailable} */
export function prepareStateFolder(stateFolder: string): void {
  const paths = stackPaths(stateFolder);
  try {
    mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
    // Only a folder that is new or empty becomes ours; deleting is for those alone.
    if (readdirSync(stateFolder).length === 0)
      writeFileSync(paths.marker, "Made by convoy: `convoy reset --yes` deletes this folder.\n");
    mkdirSync(paths.logs, { recursive: true });
    mkdirSync(paths.wishes, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw explainWriteError(stateFolder, cause);
  }
}

/** The keys of the embedded S3 server: made once, readable for this user only. */
export function s3Keys(stateFolder: string): S3Keys {
  const path = stackPaths(stateFolder).keys;
  const known = readJsonFile(path, s3KeysSchema);
  if (known) {
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
    return known;
  }
  const keys = { accessKeyId: `convoy${randomBytes(7).toString("hex")}`, secretAccessKey: randomBytes(30).toString("base64url") };
  writeJsonFile(path, keys, 0o600);
  return keys;
}

function explainWriteError(path: string, cause: unknown): unknown {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === "ENOSPC" || code === "EDQUOT")
    return new Unavailable(
      `The disk is full: ${path} could not be written`,
      `df -h ${path}; free some space, or set XDG_DATA_HOME`,
      { cause },
    );
  if (code === "EACCES" || code === "EROFS" || code === "EPERM")
    return new Unavailable(`${path} cannot be written (${code})`, "set XDG_DATA_HOME to a folder of yours", { cause });
  return cause;
}
