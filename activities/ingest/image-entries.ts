import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { globMatcher } from "../../ml/ingest/glob.ts";
import { isImagePath, isJunkPath, isTarPath, isZipPath } from "../../ml/ingest/image-paths.ts";
import type { SourceFiles } from "../../storage/source-files.ts";
import { TarArchive } from "../../storage/tar.ts";
import { ZipArchive } from "../../storage/zip.ts";
import type { ReaderTask } from "./image-source.ts";

/** Larger files are no pictures; one file is in memory for each decoder. */
const largestImageFileBytes = 256 * 1024 * 1024;

/** One file that may be an image: loose, or in an archive. */
export interface ImageEntry {
  /** Path within the source or within its archive; unique, with the archive's name in front where two archives clash. */
  path: string;
  /** Why it will not be read, or null. */
  refused: string | null;
  read(): Promise<Buffer>;
}

export interface ImageEntries {
  /** Sorted by path. */
  entries: ImageEntry[];
  close: () => Promise<void>;
}

interface ListedEntry extends ImageEntry {
  archive: string;
}

/** Lists the images of a source, loose ones and those in zip and tar archives; other files, a README say, are left aside. */
export async function listImageEntries({ files, reading: { images }, scratchFolder }: ReaderTask): Promise<ImageEntries> {
  const isWanted = images === undefined ? () => true : globMatcher(images);
  const archives: (ZipArchive | TarArchive)[] = [];
  const entries: ListedEntry[] = [];
  for (const path of files.paths.filter((file) => isWanted(file) && !isJunkPath(file))) {
    if (isImagePath(path)) entries.push({ archive: "", ...looseEntry(files, path) });
    if (isZipPath(path)) {
      const archive = await ZipArchive.open(await files.localPath(path), path, largestImageFileBytes);
      archives.push(archive);
      entries.push(
        ...archive.members.filter(isPicture).map((member) => ({ ...member, archive: path, read: () => archive.read(member) })),
      );
    }
    if (isTarPath(path)) {
      const archive = await TarArchive.open(await files.localPath(path), {
        name: path,
        spoolPath: join(scratchFolder, `tar-${archives.length}`),
        isWanted: (member) => isPicture({ path: member }),
        largestMemberBytes: largestImageFileBytes,
      });
      archives.push(archive);
      entries.push(...archive.members.map((member) => ({ ...member, archive: path, read: () => archive.read(member) })));
    }
  }
  return {
    entries: withUniquePaths(entries).toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    close: async () => {
      for (const archive of archives) await archive.close();
    },
  };
}

function isPicture({ path }: { path: string }): boolean {
  return isImagePath(path) && !isJunkPath(path);
}

function looseEntry(files: SourceFiles, path: string): ImageEntry {
  const { sizeBytes } = files.describe(path);
  const refused = sizeBytes > largestImageFileBytes ? `has ${sizeBytes} bytes; at most ${largestImageFileBytes} are read` : null;
  return { path, refused, read: async () => readFile(await files.localPath(path)) };
}

function withUniquePaths(entries: ListedEntry[]): ImageEntry[] {
  const counts = new Map<string, number>();
  for (const { path } of entries) counts.set(path, (counts.get(path) ?? 0) + 1);
  return entries.map(({ archive, ...entry }) =>
    counts.get(entry.path) === 1 || archive === "" ? entry : { ...entry, path: `${archive}/${entry.path}` },
  );
}
