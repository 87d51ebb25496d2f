import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { pickArrays } from "../ml/ingest/array-names.ts";
import type { SourceSurvey } from "../ml/ingest/source-survey.ts";
import { isImagePath, isJunkPath, isTarPath, isZipPath } from "../ml/ingest/image-paths.ts";
import { recognizeSource } from "../ml/ingest/recognize-source.ts";
import { typeColumns } from "../ml/ingest/table-columns.ts";
import { withArrayFiles } from "../storage/array-files.ts";
import type { LocalFile } from "../storage/resolve-source.ts";
import { InvalidData } from "../ml/errors.ts";
import { resolveSource } from "../storage/resolve-source.ts";
import { TarArchive } from "../storage/tar.ts";
import { readTextTable } from "../storage/text-table.ts";
import { ZipArchive } from "../storage/zip.ts";
import { sharp } from "../sharp.ts";

/** Images whose size is looked at. */
const sizesLookedAt = 32;
const largestMemberBytes = 256 * 1024 * 1024;

interface FoundImage {
  path: string;
  file: string;
  read: () => Promise<Buffer>;
}

/**
 * Looks through a folder or file without decoding it: names, also those within archives, heads of tables and arrays, sizes of some images.
 * @throws {InvalidData} where it does not exist, or an archive, array or table is damaged
 */
export async function surveySource(path: string, baseFolder: string): Promise<SourceSurvey> {
  const { local } = await resolveSource(path, baseFolder, (bucket) => {
    throw new InvalidData(`convoy looks through local data only; bring some of the bucket ${bucket} here`);
  });
  const files = local.filter((file) => !isJunkPath(file.path));
  const scratch = await mkdtemp(join(tmpdir(), "convoy-init-"));
  const closing: (() => Promise<void>)[] = [() => rm(scratch, { recursive: true, force: true })];
  try {
    const images: FoundImage[] = [];
    const archived: SourceSurvey["unreadTables"][number][] = [];
    for (const file of files) {
      if (isImagePath(file.path)) images.push({ path: file.path, file: file.path, read: () => readFile(file.absolutePath) });
      const archive = await openArchive(file, scratch);
      if (!archive) continue;
      closing.unshift(archive.close);
      images.push(...archive.members.filter((member) => isImagePath(member.path)));
      for (const member of archive.members.filter(({ path: name }) => isTablePath(name)))
        archived.push({
          path: file.path,
          reason: `${member.path} in ${file.path} is a table in an archive, where none is read: unpack it`,
        });
    }
    const { tables, unreadTables } = await tablesOf(files);
    return {
      paths: files.map((file) => file.path),
      images: images.map(({ path: name, file }) => ({ path: name, file })),
      arrays: await arraysOf(files),
      tables,
      unreadTables: [...unreadTables, ...archived],
      sizes: await sizesOf(images),
    };
  } finally {
    for (const close of closing) await close();
  }
}

/** Images and tables of an archive; null where the file is none. */
async function openArchive(
  { path, absolutePath }: LocalFile,
  scratch: string,
): Promise<{ members: FoundImage[]; close: () => Promise<void> } | null> {
  const isWanted = (member: string) => (isImagePath(member) || isTablePath(member)) && !isJunkPath(member);
  if (isZipPath(path)) {
    const archive = await ZipArchive.open(absolutePath, path, largestMemberBytes);
    const wanted = archive.members.filter((member) => isWanted(member.path) && member.refused === null);
    const members = wanted.map((member) => ({ path: member.path, file: path, read: () => archive.read(member) }));
    return { members, close: () => archive.close() };
  }
  if (!isTarPath(path)) return null;
  const spoolPath = join(scratch, path.replaceAll("/", "-"));
  const archive = await TarArchive.open(absolutePath, { name: path, spoolPath, isWanted, largestMemberBytes });
  const wanted = archive.members.filter(({ refused }) => refused === null);
  const members = wanted.map((member) => ({ path: member.path, file: path, read: () => archive.read(member) }));
  return { members, close: () => archive.close() };
}

/** A table that cannot be read may be none that is needed: what comes of it is told with the rest. */
async function tablesOf(
  files: readonly LocalFile[],
): Promise<{ tables: SourceSurvey["tables"]; unreadTables: SourceSurvey["unreadTables"] }> {
  const tables = [];
  const unreadTables = [];
  for (const { path, absolutePath } of files.filter((file) => isTablePath(file.path))) {
    try {
      tables.push({ path, columns: typeColumns(await readTextTable(absolutePath, path)) });
    } catch (error) {
      if (!(error instanceof InvalidData)) throw error;
      unreadTables.push({ path, reason: error.message });
    }
  }
  return { tables, unreadTables };
}

function isTablePath(path: string): boolean {
  return /\.(csv|tsv|parquet)$/i.test(path);
}

async function arraysOf(files: readonly LocalFile[]): Promise<SourceSurvey["arrays"]> {
  const layout = recognizeSource(files.map(({ path }) => path));
  if (layout.format !== "arrays") return [];
  const byPath = new Map(files.map((file) => [file.path, file]));
  const fileAt = (path: string) => {
    const file = byPath.get(path);
    if (!file) throw new InvalidData(`${path} is not among the files`);
    return file;
  };
  const found = { localPath: async (path: string) => fileAt(path).absolutePath, describe: fileAt };
  return withArrayFiles({ paths: layout.files, files: found, pick: pickArrays }, async ({ arrays, close }) => {
    await close();
    return arrays.map(({ name, header }) => ({ name, ...header }));
  });
}

async function sizesOf(images: readonly FoundImage[]): Promise<SourceSurvey["sizes"]> {
  const step = Math.max(1, Math.floor(images.length / sizesLookedAt));
  const sizes: { height: number; width: number }[] = [];
  for (const image of images.filter((_, i) => i % step === 0).slice(0, sizesLookedAt)) {
    try {
      const { autoOrient } = await sharp(await image.read()).metadata();
      sizes.push({ height: autoOrient.height, width: autoOrient.width });
    } catch {
      // A damaged image says nothing of the others; ingest lists it with its reason.
    }
  }
  return sizes;
}
