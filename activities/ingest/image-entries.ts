import { join } from "node:path";

import { globMatcher } from "../../ml/ingest/glob.ts";
import { isImagePath, isJunkPath, isTarPath, isZipPath } from "../../ml/ingest/image-paths.ts";
import type { Dataset } from "../../ml/ingest/schema.ts";
import type { SourceFiles } from "../../storage/source-files.ts";
import { TarArchive } from "../../storage/tar.ts";
import { ZipArchive } from "../../storage/zip.ts";
import type { ImageEntry, ImageSource, ReaderTask } from "./image-source.ts";
import type { OwnReader } from "./own-reader.ts";

/** Larger files are no pictures; one file is in memory for each decoder. */
const largestImageFileBytes = 256 * 1024 * 1024;

export interface ImageEntries {
  entries: ImageEntry[];
  close: () => Promise<void>;
}

export interface ListedEntries extends ImageEntries {
  /** Archives within archives, which are not opened: what they hold must not be missing without a word. */
  unopened: Dataset["unreadable"];
}

/**
 * Makes a source of all image files there are, loose ones and those in zip and tar archives, sorted by path; other files, a README say, are left
 * aside. Where it cannot be made, what was opened is closed.
 */
export async function withImageEntries(
  { files, reading: { images }, scratchFolder, reader }: ReaderTask,
  makeSource: (listed: ListedEntries) => Promise<ImageSource>,
): Promise<ImageSource> {
  const isWanted = images === undefined ? () => true : globMatcher(images);
  const paths = files.paths.filter((file) => isWanted(file) && !isJunkPath(file));
  const opened = await openImageFiles(paths, {
    files,
    scratchFolder,
    reader,
    isWanted: (path) => (isImagePath(path) || isArchivePath(path) || reader?.reads(path) === true) && !isJunkPath(path),
  });
  const sorted = withUniquePaths(opened.entries).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const isNested = ({ member }: ImageEntry) => member !== null && isArchivePath(member);
  const unopened = sorted.filter(isNested).map(({ file, path }) => ({
    source: path,
    reason: `is an archive within the archive ${file}, which is not opened: unpack it`,
  }));
  try {
    return await makeSource({ ...opened, entries: sorted.filter((entry) => !isNested(entry)), unopened });
  } catch (error) {
    await opened.close();
    throw error;
  }
}

interface OpenOptions {
  files: Pick<SourceFiles, "describe" | "localPath" | "read">;
  /** A tar archive's members are laid there. */
  scratchFolder: string;
  /** Which members of archives are wanted, by name. */
  isWanted: (member: string) => boolean;
  reader?: OwnReader | null;
}

/** Opens some files of a source: pictures, and archives of them. Paths of two archives may clash. */
export async function openImageFiles(paths: readonly string[], options: OpenOptions): Promise<ImageEntries> {
  const archives: (ZipArchive | TarArchive)[] = [];
  const close = async () => {
    for (const archive of archives) await archive.close();
  };
  const { reader } = options;
  const entries: ImageEntry[] = [];
  try {
    for (const path of paths) {
      if (isImagePath(path) || reader?.reads(path)) entries.push(looseEntry(options.files, path));
      const archive = await openArchive(path, archives.length, options);
      if (archive === null) continue;
      archives.push(archive.opened);
      entries.push(...archive.entries);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { entries: reader ? entries.map((entry) => decodedBy(reader, entry)) : entries, close };
}

/** @returns null where the file is no archive */
async function openArchive(
  path: string,
  number: number,
  { files, scratchFolder, isWanted }: OpenOptions,
): Promise<{ opened: ZipArchive | TarArchive; entries: ImageEntry[] } | null> {
  if (isZipPath(path)) {
    const opened = await ZipArchive.open(await files.localPath(path), path, largestImageFileBytes);
    const members = opened.members.filter((member) => isWanted(member.path));
    return { opened, entries: members.map((member) => archivedEntry(path, member, () => opened.read(member))) };
  }
  if (!isTarPath(path)) return null;
  const opened = await TarArchive.open(await files.localPath(path), {
    name: path,
    spoolPath: join(scratchFolder, `tar-${number}`),
    isWanted,
    largestMemberBytes: largestImageFileBytes,
  });
  return { opened, entries: opened.members.map((member) => archivedEntry(path, member, () => opened.read(member))) };
}

function looseEntry(files: OpenOptions["files"], path: string): ImageEntry {
  const { sizeBytes } = files.describe(path);
  const refused = sizeBytes > largestImageFileBytes ? `has ${sizeBytes} bytes; at most ${largestImageFileBytes} are read` : null;
  return { path, file: path, member: null, refused, read: (memory) => files.read(path, memory) };
}

function decodedBy(reader: OwnReader, entry: ImageEntry): ImageEntry {
  if (!reader.reads(entry.path)) return entry;
  return { ...entry, isConverted: true, read: async () => reader.read(await entry.read(), entry.path) };
}

function archivedEntry(file: string, { path, refused }: { path: string; refused: string | null }, read: ImageEntry["read"]) {
  return { path, file, member: path, refused, read };
}

function isArchivePath(path: string): boolean {
  return isZipPath(path) || isTarPath(path);
}

function withUniquePaths(entries: readonly ImageEntry[]): ImageEntry[] {
  const counts = new Map<string, number>();
  for (const { path } of entries) counts.set(path, (counts.get(path) ?? 0) + 1);
  return entries.map((entry) =>
    counts.get(entry.path) === 1 || entry.member === null ? entry : { ...entry, path: `${entry.file}/${entry.path}` },
  );
}
