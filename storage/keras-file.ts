import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { Dataset, File, Group } from "h5wasm/node";

import { InvalidConfiguration } from "../ml/errors.ts";
import { kerasGraph } from "../ml/model/transfer/keras-graph.ts";
import type { BaseNetwork } from "../ml/model/transfer/schema.ts";
import { withScratchFolder } from "./scratch-folder.ts";
import { ZipArchive } from "./zip.ts";

interface KerasWeight {
  shape: number[];
  values: Float32Array;
}

/** A trained network read from a file: what it is, and its weights layer by layer. */
export interface ImportedBase {
  network: BaseNetwork;
  bytes: Uint8Array;
}

/** Weights of one of Keras' layers, in its order. */
type WeightsOf = (layer: string) => KerasWeight[];

/** An archive's members may be as large as the largest published networks. */
const largestMemberBytes = 8 * 1024 ** 3;

/**
 * Reads a network that Keras saved, whole (`.keras` of Keras 3, `.h5`), or a tfjs layers model (`model.json` with its weights beside it).
 * @param name as the pipeline file names it
 * @throws {InvalidConfiguration} where it is no such file, or holds what cannot be laid out
 */
export async function readKerasFile(path: string, name: string): Promise<ImportedBase> {
  const read = path.endsWith(".keras") ? readArchive : path.endsWith(".json") ? readTfjs : readHdf5;
  try {
    return await read(path);
  } catch (cause) {
    throw new InvalidConfiguration(
      `model.base ${name} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

async function readArchive(path: string): Promise<ImportedBase> {
  const archive = await ZipArchive.open(path, path, largestMemberBytes);
  try {
    const member = (name: string) => {
      const found = archive.members.find((each) => each.path === name);
      if (!found) throw new Error(`it holds no ${name}`);
      return archive.read(found);
    };
    const config = JSON.parse((await member("config.json")).toString("utf8")) as unknown;
    return await withScratchFolder("keras", async (folder) => {
      const weights = join(folder, "model.weights.h5");
      await writeFile(weights, await member("model.weights.h5"));
      return withHdf5(weights, (file) => imported(config, weightsByVariables(file)));
    });
  } finally {
    await archive.close();
  }
}

async function readHdf5(path: string): Promise<ImportedBase> {
  return withHdf5(path, (file) => {
    const config = file.attrs["model_config"]?.value;
    if (typeof config !== "string") throw new Error("it holds weights without a model; save the whole model");
    return imported(JSON.parse(config), weightsByNames(groupAt(file, "model_weights") ?? file));
  });
}

async function readTfjs(path: string): Promise<ImportedBase> {
  const { modelTopology, weightsManifest } = JSON.parse(await readFile(path, "utf8")) as TfjsModel;
  const byLayer = new Map<string, KerasWeight[]>();
  for (const { paths, weights } of weightsManifest) {
    const bytes = Buffer.concat(await Promise.all(paths.map((each) => readFile(join(dirname(path), each)))));
    let offset = 0;
    for (const { name, shape, dtype, quantization } of weights) {
      if (dtype !== "float32" || quantization)
        throw new Error(`its weight ${name} is ${quantization ? "quantized" : dtype}; float32 is read`);
      const end = offset + 4 * shape.reduce((size, length) => size * length, 1);
      const layer = name.split("/").at(-2) ?? name;
      byLayer.set(layer, [
        ...(byLayer.get(layer) ?? []),
        { shape, values: new Float32Array(new Uint8Array(bytes.subarray(offset, end)).buffer) },
      ]);
      offset = end;
    }
  }
  return imported(modelTopology.model_config ?? modelTopology, (layer) => byLayer.get(layer) ?? []);
}

interface TfjsModel {
  modelTopology: { model_config?: unknown };
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string; quantization?: object }[] }[];
}

async function withHdf5<Result>(path: string, work: (file: File) => Result): Promise<Result> {
  // Only runs with a base from such a file pay for loading it.
  const { default: hdf5 } = await import("h5wasm/node");
  await hdf5.ready;
  const file = new hdf5.File(path, "r");
  try {
    return work(file);
  } finally {
    file.close();
  }
}

function imported(model: unknown, weightsOf: WeightsOf): ImportedBase {
  const { graph, channels } = kerasGraph(model);
  const parts: Uint8Array[] = [];
  const layers = graph.map((layer) => {
    const weights = weightsOf(layer.name);
    for (const { values } of weights) parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return { ...layer, weights: weights.map(({ shape }) => shape) };
  });
  return { network: { formatVersion: 1, channels, network: { graph: layers } }, bytes: Buffer.concat(parts) };
}

/** Keras 3: `layers/<class>_<n>/vars/<i>`, with the layer's own name beside them. */
function weightsByVariables(file: File): WeightsOf {
  const byName = new Map<string, Group>();
  const layers = groupAt(file, "layers");
  for (const key of layers?.keys() ?? []) {
    const variables = groupAt(file, `layers/${key}/vars`);
    const name = variables?.attrs["name"]?.value;
    if (variables && typeof name === "string") byName.set(name, variables);
  }
  return (layer) => {
    const variables = byName.get(layer);
    const keys = variables?.keys().toSorted((a, b) => Number(a) - Number(b)) ?? [];
    return keys.map((key) => weightOf(variables?.get(key) as Dataset, `${layer}/${key}`));
  };
}

/** Keras 2 and `.h5`: `<layer>/<weight name>`, in the order that an attribute of the layer's group gives. */
function weightsByNames(root: Group): WeightsOf {
  return (layer) => {
    const group = root.keys().includes(layer) ? (root.get(layer) as Group) : null;
    const names = group?.attrs["weight_names"]?.value;
    if (!group || !Array.isArray(names)) return [];
    return (names as string[]).map((name) => weightOf(group.get(name) as Dataset, name));
  };
}

function groupAt(file: File, path: string): Group | null {
  return file.get(path) as Group | null;
}

function weightOf({ value, shape }: Dataset, name: string): KerasWeight {
  if (shape === null || !(value instanceof Float32Array || value instanceof Float64Array))
    throw new Error(`its weight ${name} is no array of float32`);
  return { shape, values: Float32Array.from(value) };
}
