import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { nodeBackend, type TensorValues } from "../../runtime/node-backend.ts";

export interface Feed {
  /** A placeholder's name. */
  name: string;
  dtype: number;
  shape: number[];
  values: TensorValues;
}

/** A loaded graph whose variables keep their values from one run to the next. */
export class GraphSession {
  readonly #id: number;

  /**
   * @param savedModel the bytes of one that has no other files, or the folder of one; the folder may go afterwards
   * @throws {Error} TensorFlow's own, if it refuses the graph
   */
  constructor(savedModel: Uint8Array | string) {
    this.#id = typeof savedModel === "string" ? loaded(savedModel) : loadedBytes(savedModel);
  }

  /** Runs what `fetches` depend on and returns their values: float32 as Float32Array, int32 as Int32Array. */
  run(feeds: readonly Feed[], fetches: readonly string[]): TensorValues[] {
    return this.runWithShapes(feeds, fetches).map(({ values }) => values);
  }

  runWithShapes(feeds: readonly Feed[], fetches: readonly string[]): { shape: number[]; values: TensorValues }[] {
    const { binding } = nodeBackend();
    const inputs = feeds.map(({ shape, dtype, values }) => binding.createTensor(shape, dtype, values));
    try {
      const names = (list: readonly string[]) => list.map((name) => (name.includes(":") ? name : `${name}:0`)).join(",");
      const outputs = binding.runSavedModel(this.#id, inputs, names(feeds.map(({ name }) => name)), names(fetches));
      const values = outputs.map(({ id, shape }) => ({ shape, values: binding.tensorDataSync(id) }));
      for (const { id } of outputs) binding.deleteTensor(id);
      return values;
    } finally {
      for (const id of inputs) binding.deleteTensor(id);
    }
  }

  dispose(): void {
    nodeBackend().binding.deleteSavedModel(this.#id);
  }
}

function loaded(folder: string): number {
  return nodeBackend().binding.loadSavedModel(folder, "serve");
}

function loadedBytes(savedModel: Uint8Array): number {
  const folder = mkdtempSync(join(tmpdir(), "convoy-graph-"));
  try {
    writeFileSync(join(folder, "saved_model.pb"), savedModel);
    return loaded(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
