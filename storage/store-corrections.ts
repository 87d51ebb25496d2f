import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";

import { InvalidConfiguration } from "../ml/errors.ts";
import { readCorrections } from "../ml/ingest/corrections.ts";
import type { Pipeline } from "../ml/pipeline.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { parseTextTable } from "./text-table.ts";

/**
 * Brings a pipeline's corrections into the store, after a look at each line.
 *
 * @param folder that the path starts from
 * @returns the pipeline with a reference by content in place of the path
 * @throws {InvalidConfiguration} where there is no such file @throws {InvalidData} naming the line that is wrong
 */
export async function storeCorrections(
  pipeline: Pipeline,
  folder: string,
  artifacts: Pick<ArtifactStore, "put">,
): Promise<Pipeline> {
  const { corrections } = pipeline.dataset;
  if (typeof corrections !== "string") return pipeline;
  const bytes = await readFile(resolve(folder, corrections)).catch((cause: unknown) => {
    throw new InvalidConfiguration(
      `dataset.corrections ${JSON.stringify(corrections)} cannot be read; its path starts from ${folder}`,
      { cause },
    );
  });
  readCorrections(parseTextTable(bytes, corrections), corrections);
  const content = await artifacts.put(bytes, "text/csv; charset=utf-8");
  return { ...pipeline, dataset: { ...pipeline.dataset, corrections: { file: basename(corrections), content } } };
}
