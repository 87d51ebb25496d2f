import { resolve } from "node:path";

import { mediaTypes } from "../ml/artifact.ts";
import { InvalidConfiguration } from "../ml/errors.ts";
import { modelFileSchema } from "../ml/model-file/schema.ts";
import { isEnabled } from "../ml/augment/draw-layout.ts";
import type { BaseNetwork, SavedModelFiles, StoredBase } from "../ml/model/transfer/schema.ts";
import { isTransfer } from "../ml/model/transfer/schema.ts";
import type { Pipeline } from "../ml/pipeline.ts";
import { readKerasFile } from "./keras-file.ts";
import { readSavedModel } from "./saved-model-files.ts";
import { ModelRegistry } from "./model-registry.ts";
import { findVersion } from "./find-version.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import type { ObjectStore } from "./object-store.ts";

/** Where files that a pipeline names are brought. */
export interface FileStore {
  artifacts: Pick<ArtifactStore, "put" | "getJson">;
  objects: ObjectStore;
}

/**
 * Brings the base that a pipeline names into the store, in one form for all sources; an alias of the registry is settled here, so that a
 * retry or reproduction builds on the same weights.
 *
 * @param folder that the path of a file starts from
 * @throws {InvalidConfiguration} where there is no such model, or it cannot be built upon
 */
export async function storeBase(pipeline: Pipeline, folder: string, store: FileStore): Promise<Pipeline> {
  const { model } = pipeline;
  if (!isTransfer(model) || typeof model.base !== "string") return pipeline;
  const reference = model.base;
  const isSavedModel = reference.endsWith("saved_model.pb");
  if (isSavedModel) refuseTraining(pipeline, reference);
  const read = reference.startsWith("models:") ? fromRegistry : isSavedModel ? fromSavedModel : fromFile;
  return { ...pipeline, model: { ...model, base: await read(reference, store, folder) } };
}

/** A SavedModel is a program, and no list of layers: it answers, and nothing of it can be trained. */
function refuseTraining({ train, augment }: Pipeline, base: string): void {
  const why = `model.base ${base} is a SavedModel, which is used as it is: it answers each image once, before training`;
  if (train.fineTune)
    throw new InvalidConfiguration(
      `${why}. Leave train.fineTune out, or name a .keras, .h5 or model.json file of the same network`,
    );
  if (isEnabled(augment))
    throw new InvalidConfiguration(
      `${why}, so images cannot be augmented. Leave augment out, or name a .keras, .h5 or model.json file`,
    );
}

async function fromSavedModel(file: string, { artifacts }: FileStore, folder: string): Promise<StoredBase> {
  const { files, bytes } = await readSavedModel(resolve(folder, file), file);
  const network: SavedModelFiles = { formatVersion: 1, savedModel: files };
  return {
    source: file,
    network: await artifacts.put(Buffer.from(JSON.stringify(network)), mediaTypes.json),
    weights: await artifacts.put(bytes, mediaTypes.bytes),
  };
}

async function fromFile(file: string, { artifacts }: FileStore, folder: string): Promise<StoredBase> {
  const { network, bytes } = await readKerasFile(resolve(folder, file), file);
  return {
    source: file,
    network: await artifacts.put(Buffer.from(JSON.stringify(network)), mediaTypes.json),
    weights: await artifacts.put(bytes, mediaTypes.bytes),
  };
}

async function fromRegistry(reference: string, { artifacts, objects }: FileStore): Promise<StoredBase> {
  const { name, version, files } = await findVersion(new ModelRegistry(objects), reference.slice("models:".length));
  const { model, weights } = files;
  if (!model || !weights)
    throw new InvalidConfiguration(`model.base ${reference}: version ${version} has no weights of convoy's`);
  const { input, layers, weights: specs } = await artifacts.getJson(model, modelFileSchema);
  if (!Array.isArray(layers)) {
    const kind = isTransfer(layers) ? "is built upon a base itself; name that base" : "is a module of its owner's";
    throw new InvalidConfiguration(`model.base ${reference} cannot be built upon: its model ${kind}`);
  }
  const listed = specs.map(({ name: weight, shape }) => ({ name: weight, shape }));
  const network: BaseNetwork = { formatVersion: 1, channels: input.channels, network: { layers, weights: listed } };
  return {
    source: `models:${name}:${version}`,
    network: await artifacts.put(Buffer.from(JSON.stringify(network)), mediaTypes.json),
    weights,
  };
}
