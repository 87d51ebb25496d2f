import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { InvalidConfiguration } from "../ml/errors.ts";
import type { SavedModelFiles } from "../ml/model/transfer/schema.ts";
import { withScratchFolder } from "./scratch-folder.ts";

/**
 * The files of a SavedModel: what stands beside `saved_model.pb` in `variables` and `assets`.
 * @param path of `saved_model.pb`
 * @param name as the pipeline file names it
 * @throws {InvalidConfiguration} where it cannot be read
 */
export async function readSavedModel(
  path: string,
  name: string,
): Promise<{ files: SavedModelFiles["savedModel"]; bytes: Uint8Array }> {
  try {
    const folder = dirname(path);
    const found = await readdir(folder, { withFileTypes: true });
    const inner = found.filter((entry) => entry.isDirectory() && ["variables", "assets"].includes(entry.name));
    const below = await Promise.all(
      inner.map(async (entry) => (await readdir(join(folder, entry.name))).map((file) => `${entry.name}/${file}`)),
    );
    const paths = ["saved_model.pb", ...below.flat().toSorted()];
    const contents = await Promise.all(paths.map((each) => readFile(join(folder, each))));
    return {
      files: paths.map((each, i) => ({ path: each, sizeBytes: contents[i]?.length ?? 0 })),
      bytes: Buffer.concat(contents),
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidConfiguration(`model.base ${name} cannot be read: ${reason}`, { cause });
  }
}

/** Lays the files into a folder for as long as `use` takes: TensorFlow loads SavedModels from folders only. */
export async function withSavedModelFolder<Result>(
  files: SavedModelFiles["savedModel"],
  bytes: Uint8Array,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  return withScratchFolder("saved-model", async (folder) => {
    let offset = 0;
    for (const { path, sizeBytes } of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes.subarray(offset, offset + sizeBytes));
      offset += sizeBytes;
    }
    return use(folder);
  });
}
