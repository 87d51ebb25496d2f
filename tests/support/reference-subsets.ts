import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

import { ZipArchive } from "../../storage/zip.ts";
import { idxFile } from "./idx-file.ts";
import { zipFile } from "./zip-file.ts";

/** Where the real data of the reference cases lies; what needs it is skipped where it is absent. */
export const referenceData = new URL("../../../shared/data", import.meta.url).pathname;

const largestMemberBytes = 2 ** 24;

/** The first rows of the four idx files of `folder`. */
export async function cutIdxFiles(folder: string, target: string, rows: { train: number; t10k: number }): Promise<string> {
  await mkdir(target, { recursive: true });
  for (const [part, count] of Object.entries(rows)) {
    for (const [name, shape] of [
      [`${part}-images-idx3-ubyte.gz`, [count, 28, 28]],
      [`${part}-labels-idx1-ubyte.gz`, [count]],
    ] as const) {
      const bytes = gunzipSync(await readFile(join(folder, name)));
      const headerBytes = 4 + 4 * shape.length;
      const size = shape.reduce((product, length) => product * length, 1);
      await writeFile(join(target, name), gzipSync(idxFile(shape, bytes.subarray(headerBytes, headerBytes + size))));
    }
  }
  return target;
}

/** A zip of some members of one or more others. */
export async function cutZip(sources: readonly string[], target: string, isWanted: (path: string) => boolean): Promise<void> {
  const files: { name: string; bytes: Buffer }[] = [];
  for (const source of sources) {
    const archive = await ZipArchive.open(source, source, largestMemberBytes);
    try {
      for (const member of archive.members.filter(({ path }) => isWanted(path)))
        files.push({ name: member.path, bytes: await archive.read(member) });
    } finally {
      await archive.close();
    }
  }
  await mkdir(join(target, ".."), { recursive: true });
  await writeFile(target, zipFile(files));
}

/** The first so many members of each folder of a zip. */
export async function cutClassFolders(source: string, target: string, perFolder: number): Promise<string> {
  const seen = new Map<string, number>();
  await cutZip([source], target, (path) => {
    const folder = path.slice(0, path.lastIndexOf("/"));
    seen.set(folder, (seen.get(folder) ?? 0) + 1);
    return (seen.get(folder) ?? 0) <= perFolder;
  });
  return target;
}

/** HAM10000 with the first so many lesions of each diagnosis, all images of each. */
export async function cutLesions(folder: string, target: string, lesionsPerClass: number): Promise<string> {
  const [header = "", ...lines] = (await readFile(join(folder, "HAM10000_metadata.csv"), "utf8")).trim().split("\n");
  const lesions = new Map<string, Set<string>>();
  const kept = lines.filter((line) => {
    const [lesion = "", , diagnosis = ""] = line.split(",");
    const known = lesions.get(diagnosis) ?? new Set();
    lesions.set(diagnosis, known);
    if (known.size < lesionsPerClass) known.add(lesion);
    return known.has(lesion);
  });
  const images = new Set(kept.map((line) => `${line.split(",")[1]}.jpg`));
  const parts = [1, 2].map((part) => `HAM10000_images_part_${part}.zip`);
  await mkdir(target, { recursive: true });
  for (const part of parts) await cutZip([join(folder, part)], join(target, part), (path) => images.has(path));
  await writeFile(join(target, "HAM10000_metadata.csv"), [header, ...kept, ""].join("\n"));
  return target;
}
