import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";

import { canonicalJson } from "../../../ml/canonical-json.ts";
import type { EngineContext } from "../engine-context.ts";
import { compileGraph, type CompiledGraph, type CompilePlan } from "./compile.ts";

const hashBytes = 32;

export interface GraphCacheOptions {
  folder: string;
  /** What makes equal graphs of equal options: the build, TensorFlow, Node, the device. */
  maker: Readonly<Record<string, string>>;
  /** The oldest files are deleted beyond this (default: 256 MiB). */
  largestBytes?: number;
  compile?: typeof compileGraph;
}

/**
 * Compiled graphs on disk, so that recording a network happens once for a training, its retries and its evaluation on one machine.
 * A file is named by the hash of everything an engine is given but its pixels and labels: rather one graph too many than one of another network.
 * Safe to delete at any time, and for several processes at once.
 */
export class GraphCache {
  readonly #options: Required<GraphCacheOptions>;

  constructor(options: GraphCacheOptions) {
    this.#options = { largestBytes: 2 ** 28, compile: compileGraph, ...options };
    mkdirSync(options.folder, { recursive: true });
  }

  /**
   * The graph as it was compiled before, or compiled now. With modules of the user's own it is compiled each time: what they read is not known.
   * @throws {NotCompilable} naming the op that cannot be written
   */
  graphFor(context: EngineContext, plan: CompilePlan): CompiledGraph {
    const { own } = context.options;
    if (own?.model !== undefined || own?.loss !== undefined) return this.#options.compile(context, plan);
    const path = join(this.#options.folder, this.#keyOf(context, plan));
    const known = readGraph(path);
    if (known !== null) return known;
    const graph = this.#options.compile(context, plan);
    this.#write(path, serialize(graph));
    return graph;
  }

  #keyOf({ options, description }: EngineContext, plan: CompilePlan): string {
    const { data, own: _own, graphs: _graphs, whitening: _whitening, ...parameters } = options;
    const { height, width, channels, dtype, rowCount } = data;
    const { weights, evaluationBatchSize } = description;
    const [{ maker }, shape] = [this.#options, { height, width, channels, dtype, rowCount }];
    return sha256(canonicalJson({ maker, plan, parameters, data: shape, weights, evaluationBatchSize })).toString("hex");
  }

  #write(path: string, body: Uint8Array): void {
    const partial = `${path}.${randomUUID()}.partial`;
    writeFileSync(partial, Buffer.concat([sha256(body), body]));
    renameSync(partial, path);
    this.#deleteOldest();
  }

  #deleteOldest(): void {
    const { folder, largestBytes } = this.#options;
    const files = readdirSync(folder)
      .map((name) => ({ path: join(folder, name), stat: statSync(join(folder, name), { throwIfNoEntry: false }) }))
      .toSorted((a, b) => (b.stat?.mtimeMs ?? 0) - (a.stat?.mtimeMs ?? 0));
    let bytes = 0;
    for (const { path, stat } of files) {
      bytes += stat?.size ?? 0;
      if (bytes > largestBytes) rmSync(path, { force: true });
    }
  }
}

/** Null where there is none, or not as it was written. */
function readGraph(path: string): CompiledGraph | null {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return null;
  const file = readFileSync(path);
  const body = file.subarray(hashBytes);
  if (!sha256(body).equals(file.subarray(0, hashBytes))) return null;
  utimesSync(path, new Date(), new Date());
  return deserialize(body) as CompiledGraph;
}

function sha256(content: string | Uint8Array): Buffer {
  return createHash("sha256").update(content).digest();
}
