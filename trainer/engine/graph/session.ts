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

  /** @throws {Error} TensorFlow's own, if it refuses the graph */
  constructor(savedModel: Uint8Array) {
    const folder = mkdtempSync(join(tmpdir(), "convoy-graph-"));
    try {
      writeFileSync(join(folder, "saved_model.pb"), savedModel);
      this.#id = nodeBackend().binding.loadSavedModel(folder, "serve");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Runs what `fetches` depend on and returns their values: float32 as Float32Array, int32 as Int32Array. */
  run(feeds: readonly Feed[], fetches: readonly string[]): TensorValues[] {
    const { binding } = nodeBackend();
    const inputs = feeds.map(({ shape, dtype, values }) => binding.createTensor(shape, dtype, values));
    try {
      const names = (list: readonly string[]) => list.map((name) => (name.includes(":") ? name : `${name}:0`)).join(",");
      const outputs = binding.runSavedModel(this.#id, inputs, names(feeds.map(({ name }) => name)), names(fetches));
      const values = outputs.map(({ id }) => binding.tensorDataSync(id));
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
