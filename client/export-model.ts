import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { ArtifactRef } from "../ml/artifact.ts";
import { InvalidConfiguration } from "../ml/errors.ts";
import { normalizerSchema } from "../ml/normalize/schema.ts";
import type { ModelVersion } from "../ml/register/schema.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";

/** Where the parts of a version go in an export. */
const places: Readonly<Record<string, string>> = {
  card: "MODEL_CARD.md",
  cardPage: "model-card.html",
  model: "convoy/model.json",
  weights: "convoy/weights.bin",
  normalizer: "convoy/normalizer.json",
  encoder: "convoy/encoder.json",
  layersModel: "tfjs/model.json",
  layersWeights: "tfjs/weights.bin",
  savedModel: "saved_model/saved_model.pb",
};

/**
 * Writes a version into a folder that is new or empty: card, record, every format it has, and `SHA256SUMS`, which `sha256sum -c` checks.
 * @returns paths within the folder
 */
export async function exportModel(version: ModelVersion, artifacts: ArtifactStore, folder: string): Promise<string[]> {
  const present = await readdir(folder).catch(() => []); // not there yet: it is made
  if (present.length > 0) throw new InvalidConfiguration(`The folder ${folder} is not empty; export into a new one`);
  const { card, cardPage } = version.evidence;
  const refs: Record<string, ArtifactRef | undefined> = { ...version.files, card, cardPage };
  const files: { path: string; ref: ArtifactRef }[] = await whiteningFile(version, artifacts);
  for (const [name, ref] of Object.entries(refs)) {
    const path = places[name];
    if (ref && path !== undefined) files.push({ path, ref });
  }
  for (const { path, ref } of files) {
    await mkdir(join(folder, dirname(path)), { recursive: true });
    await copyFile(await artifacts.localPath(ref), join(folder, path));
  }
  await writeFile(join(folder, "version.json"), `${JSON.stringify(version, null, 2)}\n`);
  await writeFile(join(folder, "SHA256SUMS"), files.map(({ path, ref }) => `${ref.sha256}  ${path}\n`).join(""));
  return [...files.map(({ path }) => path), "version.json", "SHA256SUMS"].toSorted();
}

/** What a normalizer refers to. */
async function whiteningFile({ files: { normalizer } }: ModelVersion, artifacts: ArtifactStore) {
  const whitening = normalizer && (await artifacts.getJson(normalizer, normalizerSchema)).whitening;
  return typeof whitening === "object" ? [{ path: "convoy/whitening.npy", ref: whitening }] : [];
}
