import { createHash } from "node:crypto";

import type { Samples } from "../ml/ingest/schema.ts";
import { partCodes } from "../ml/split/schema.ts";
import { putJson } from "./json.ts";
import type { ObjectStore } from "./object-store.ts";

/**
 * How often each test set was used, over all runs and pipelines: `test-sets/<hash>/<run id>.json`. Who looks at a test set again and again
 * chooses by it, whatever the split says.
 */
export class TestSets {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** Notes that a run was tested on it; again by the same run, as in a retry, is once. @returns how many runs were by now */
  async use(sha256: string, runId: string): Promise<number> {
    const use = { formatVersion: 1, runId, usedAt: new Date().toISOString() };
    await putJson(this.#objects, `${folder(sha256)}/${runId}.json`, use);
    return this.uses(sha256);
  }

  async uses(sha256: string): Promise<number> {
    return (await this.#objects.listFolder(`${folder(sha256)}/`)).length;
  }
}

/** A test set's name by content: the pixels and classes of its rows, whatever they are called and in which order they stand. */
export function testSetHash({ sha256, label }: Pick<Samples, "sha256" | "label">, codes: Uint8Array): string {
  const lines = [...codes.keys()].filter((row) => codes[row] === partCodes.test).map((row) => `${sha256[row]} ${label[row]}`);
  return createHash("sha256").update(lines.toSorted().join("\n")).digest("hex");
}

function folder(sha256: string): string {
  return `test-sets/${sha256}`;
}
