import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch } from "node:os";
import util from "node:util";

import * as tf from "@tensorflow/tfjs";

import { installNativeKernels } from "./native-kernels.ts";
import { nodeBackend } from "./node-backend.ts";
import type { TensorflowSettings } from "./tensorflow-environment.ts";

/** What makes two computations of one program give equal bits; kept with every model. */
export interface TensorflowFingerprint {
  tensorflow: string;
  tfjs: string;
  /** `cpu`, or `gpu` with the driver's version. */
  device: string;
  threads: string;
  onednn: string;
  /** `on` or `off`: XLA clustering. */
  xla: string;
  /** `on` or `off`: products of a graphics card with shortened mantissas. */
  tf32: string;
  /** Architecture, model name and a hash over the instruction-set flags. */
  cpu: string;
  node: string;
}

/**
 * Loads TensorFlow into this process and makes it tfjs' backend: the only place that imports tfjs-node or tfjs-node-gpu.
 * The process must have been started with `tensorflowEnvironment(settings)`.
 *
 * @throws {Error} where the addon is not built or its library does not load
 */
export async function loadTensorflow(settings: Pick<TensorflowSettings, "device">): Promise<TensorflowFingerprint> {
  // Node 23 removed what tfjs-node 4.22 still calls (tensorflow/tfjs#8609).
  const old = util as unknown as Record<string, unknown>;
  old["isNullOrUndefined"] ??= (value: unknown) => value === null || value === undefined;
  old["isArray"] ??= Array.isArray;
  library = createRequire(import.meta.url)(packageFor(settings.device)) as typeof library;
  await tf.setBackend("tensorflow");
  tf.enableProdMode();
  installNativeKernels();
  return fingerprint();
}

/** How many tensors nobody has disposed of. */
export function heldTensors(): number {
  return tf.memory().numTensors;
}

/** A tensor that a SavedModel takes or gives: its name in the graph, and tfjs' name of its type. */
interface SignatureTensor {
  name: string;
  dtype: string;
}

interface SavedModelInfo {
  tags: string[];
  signatureDefs: Record<string, { inputs: Record<string, SignatureTensor>; outputs: Record<string, SignatureTensor> }>;
}

let library: { node: { getMetaGraphsFromSavedModel(folder: string): Promise<SavedModelInfo[]> } } | null = null;

/** What the SavedModel in a folder takes and gives by its signature `serving_default`; null where it has none. */
export async function servingSignature(folder: string): Promise<SavedModelInfo["signatureDefs"][string] | null> {
  const graphs = (await library?.node.getMetaGraphsFromSavedModel(folder)) ?? [];
  return graphs.find(({ tags }) => tags.includes("serve"))?.signatureDefs["serving_default"] ?? null;
}

function packageFor(device: TensorflowSettings["device"]): string {
  const gpu = device === "gpu" || (device === "auto" && process.arch === "x64" && existsSync("/proc/driver/nvidia/version"));
  return gpu ? "@tensorflow/tfjs-node-gpu" : "@tensorflow/tfjs-node";
}

function fingerprint(): TensorflowFingerprint {
  const { binding } = nodeBackend();
  return {
    tensorflow: binding.TF_Version,
    tfjs: tf.version_core,
    device: binding.isUsingGpuDevice() ? `gpu, driver ${driverVersion()}` : "cpu",
    threads: process.env["TF_NUM_INTRAOP_THREADS"] ?? "unset",
    onednn: process.env["TF_ENABLE_ONEDNN_OPTS"] ?? "unset",
    xla: process.env["TF_XLA_FLAGS"] === undefined ? "off" : "on",
    tf32: process.env["NVIDIA_TF32_OVERRIDE"] === "0" ? "off" : "on",
    cpu: cpuDescription(),
    node: process.version,
  };
}

function driverVersion(): string {
  const path = "/proc/driver/nvidia/version";
  return existsSync(path) ? (/\d+\.\d+(\.\d+)?/.exec(readFileSync(path, "utf8"))?.[0] ?? "unknown") : "unknown";
}

/** Kernels are chosen by instruction set, so two CPUs with equal flags take equal paths. */
function cpuDescription(): string {
  const path = "/proc/cpuinfo";
  if (!existsSync(path)) return arch();
  const text = readFileSync(path, "utf8");
  const field = (name: string) => new RegExp(`^${name}\\s*:\\s*(.*)$`, "m").exec(text)?.[1] ?? "";
  const flags = (field("flags") || field("Features")).split(" ").sort().join(" ");
  return `${arch()} ${field("model name")} ${createHash("sha256").update(flags).digest("hex").slice(0, 12)}`;
}
