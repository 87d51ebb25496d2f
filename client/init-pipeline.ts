import { access, writeFile } from "node:fs/promises";
import { basename, relative, resolve } from "node:path";

import { InvalidConfiguration } from "../ml/errors.ts";
import type { GuessedReading } from "../ml/ingest/source-survey.ts";
import { guessReading } from "../ml/ingest/guess-reading.ts";
import { loadPipelineFile } from "./pipeline-file.ts";
import { pipelineText } from "./pipeline-template.ts";
import { surveySource } from "./survey-source.ts";

export interface InitOptions {
  /** Folder or file that holds the data; relative to `folder`. */
  data: string;
  /** Where to write; by default the data's name with `.yaml`, in `folder`. */
  output?: string | undefined;
  folder: string;
}

/**
 * Looks through some data and writes a commented pipeline file for it that runs as it is.
 *
 * @returns the file's path as a person would write it, and what was guessed
 * @throws {InvalidConfiguration} where the file exists already
 * @throws {InvalidData} where the data holds nothing that convoy reads
 */
export async function initPipeline({ data, output, folder }: InitOptions): Promise<{ file: string; guessed: GuessedReading }> {
  const name = pipelineName(data.startsWith("npm:") ? data.slice("npm:".length) : resolve(folder, data));
  const file = output ?? `${name}.yaml`;
  await refuseExisting(resolve(folder, file), file);
  const guessed = guessReading(await surveySource(data, folder));
  const path = data.startsWith("npm:") ? data : relative(folder, resolve(folder, data)) || ".";
  await writeFile(resolve(folder, file), pipelineText({ name, path, guessed }), { flag: "wx" });
  // What was written is held to the same rules as what a person writes.
  await loadPipelineFile(file, { folder });
  return { file, guessed };
}

async function refuseExisting(absolute: string, file: string): Promise<void> {
  const exists = await access(absolute).then(
    () => true,
    () => false,
  );
  if (exists) throw new InvalidConfiguration(`${file} exists already and is not written over; name another file: --output FILE`);
}

/** A name that a pipeline may have, made of a folder's or file's. */
function pipelineName(path: string): string {
  const plain = basename(path)
    .replace(/\.(zip|tar|tgz|tar\.gz)$/i, "")
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  return plain.slice(0, 60) || "pipeline";
}
