import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";

import { InvalidConfiguration } from "../ml/errors.ts";
import { nearest } from "./nearest.ts";

/** Pipeline files are some kilobytes; what is larger is another file given by mistake. */
const largestBytes = 5_000_000;

/**
 * The text of a pipeline file.
 *
 * @param shown the path as it was given, for messages
 * @param folder where convoy was started; suggestions are relative to it
 * @throws {InvalidConfiguration} naming the nearest file that exists
 */
export async function readPipelineText(path: string, shown: string, folder: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > largestBytes)
      throw new InvalidConfiguration(`${shown} has ${size} bytes; a pipeline file has at most ${largestBytes}.`);
    return await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof InvalidConfiguration) throw cause;
    throw new InvalidConfiguration(await explain(cause, path, shown, folder), { cause });
  }
}

async function explain(cause: unknown, path: string, shown: string, startFolder: string): Promise<string> {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EISDIR") return `${shown} is a folder; expected a pipeline file (YAML).`;
  if (code === "EACCES") return `${shown} cannot be read: permission denied.`;
  if (code !== "ENOENT" && code !== "ENOTDIR") return `${shown} cannot be read: ${String(cause)}.`;
  const near = await nearestFile(path, startFolder);
  return `There is no file ${shown}.${near ? ` Did you mean ${near}?` : ""}`;
}

/** The pipeline file nearest by name, in the same folder and in `pipelines/`. */
async function nearestFile(path: string, startFolder: string): Promise<string | undefined> {
  const folder = dirname(path);
  const files = new Map<string, string>();
  for (const candidate of [join(startFolder, "pipelines"), join(folder, "pipelines"), dirname(folder), folder]) {
    for (const name of await readdir(candidate).catch(() => [])) {
      if (/\.ya?ml$/.test(name)) files.set(stem(name), relative(startFolder, join(candidate, name)));
    }
  }
  const near = nearest(stem(path), [...files.keys()]);
  return near === undefined ? undefined : files.get(near);
}

function stem(name: string): string {
  return basename(name).replace(/\.ya?ml$/, "");
}
