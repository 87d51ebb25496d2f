import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { globMatcher } from "../../ml/ingest/glob.ts";
import { isImagePath, isJunkPath, isTarPath, isZipPath } from "../../ml/ingest/image-paths.ts";
import type { SourceFiles } from "../../storage/source-files.ts";
import { TarArchive } from "../../storage/tar.ts";
import { ZipArchive } from "../../storage/zip.ts";
import type { ImageEntry, ReaderTask } from "./image-source.ts";
import type { OwnReader } from "./own-reader.ts";

/** Larger files are no pictures; one file is in memory for each decoder. */
const largestImageFileBytes = 256 * 1024 * 1024;

export interface ImageEntries {
  entries: ImageEntry[];
  close: () => Promise<void>;
}

/** Lists the images of a source, sorted by path, loose ones and those in zip and tar archives; other files, a README say, are left aside. */
export async function listImageEntries({ files, reading: { images }, scratchFolder, reader }: ReaderTask): Promise<ImageEntries> {
  const isWanted = images === undefined ? () => true : globMatcher(images);
  const paths = files.paths.filter((file) => isWanted(file) && !isJunkPath(file));
  const opened = await openImageFiles(paths, {
    files,
    scratchFolder,
    reader,
    isWanted: (path) => (isImagePath(path) || reader?.reads(path) === true) && !isJunkPath(path),
  });
  return { ...opened, entries: withUniquePaths(opened.entries).toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
}

interface OpenOptions {
  files: Pick<SourceFiles, "describe" | "localPath">;
  /** A tar archive's members are laid there. */
  scratchFolder: string;
  /** Which members of archives are wanted, by name. */
  isWanted: (member: string) => boolean;
  reader?: OwnReader | null;
}

/** Opens some files of a source: pictures, and archives of them. Paths of two archives may clash. */
export async function openImageFiles(
  paths: readonly string[],
  { files, scratchFolder, isWanted, reader }: OpenOptions,
): Promise<ImageEntries> {
  const archives: (ZipArchive | TarArchive)[] = [];
  const entries: ImageEntry[] = [];
  for (const path of paths) {
    if (isImagePath(path) || reader?.reads(path)) entries.push(looseEntry(files, path));
    if (isZipPath(path)) {
      const archive = await ZipArchive.open(await files.localPath(path), path, largestImageFileBytes);
      archives.push(archive);
      for (const member of archive.members) {
        if (isWanted(member.path)) entries.push(archivedEntry(path, member, () => archive.read(member)));
      }
    }
    if (isTarPath(path)) {
      const archive = await TarArchive.open(await files.localPath(path), {
        name: path,
        spoolPath: join(scratchFolder, `tar-${archives.length}`),
        isWanted,
        largestMemberBytes: largestImageFileBytes,
      });
      archives.push(archive);
      entries.push(...archive.members.map((member) => archivedEntry(path, member, () => archive.read(member))));
    }
  }
  return {
    entries: reader ? entries.map((entry) => decodedBy(reader, entry)) : entries,
    close: async () => {
      for (const archive of archives) await archive.close();
    },
  };
}

function looseEntry(files: OpenOptions["files"], path: string): ImageEntry {
  const { sizeBytes } = files.describe(path);
  const refused = sizeBytes > largestImageFileBytes ? `has ${sizeBytes} bytes; at most ${largestImageFileBytes} are read` : null;
  return { path, file: path, member: null, refused, read: async () => readFile(await files.localPath(path)) };
}

function decodedBy(reader: OwnReader, entry: ImageEntry): ImageEntry {
  if (!reader.reads(entry.path)) return entry;
  return { ...entry, read: async () => reader.read(await entry.read(), entry.path) };
}

function archivedEntry(file: string, { path, refused }: { path: string; refused: string | null }, read: ImageEntry["read"]) {
  return { path, file, member: path, refused, read };
}

function withUniquePaths(entries: readonly ImageEntry[]): ImageEntry[] {
  const counts = new Map<string, number>();
  for (const { path } of entries) counts.set(path, (counts.get(path) ?? 0) + 1);
  return entries.map((entry) =>
    counts.get(entry.path) === 1 || entry.member === null ? entry : { ...entry, path: `${entry.file}/${entry.path}` },
  );
}
