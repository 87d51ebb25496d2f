import { createHash } from "node:crypto";

import { z } from "zod";

import { canonicalJson } from "../ml/canonical-json.ts";
import type { ModelVersion } from "../ml/register/schema.ts";
import { modelVersionSchema } from "../ml/register/schema.ts";
import { findJson, getJson, putJson } from "./json.ts";
import type { ObjectStore } from "./object-store.ts";
import { PreconditionFailed } from "./object-store.ts";

const aliasSchema = z.strictObject({
  formatVersion: z.literal(1),
  alias: z.string(),
  version: z.int().positive(),
  movedAt: z.string(),
  /** The run, or person, that moved it, and why. */
  movedBy: z.string(),
  reason: z.string(),
});
export type Alias = z.infer<typeof aliasSchema>;

const contentSchema = z.strictObject({ formatVersion: z.literal(1), version: z.int().positive() });

/** Models by name: immutable numbered versions, movable aliases, and a log of every move, kept for ever. */
export class ModelRegistry {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /**
   * Publishes a version; the same signature and files give the same version, whoever publishes them. Numbers are taken by conditional
   * puts, so that concurrent publishers never share one.
   */
  async publish(candidate: Omit<ModelVersion, "formatVersion" | "version" | "contentHash">): Promise<ModelVersion> {
    const contentHash = contentHashOf(candidate);
    const contentKey = `models/${candidate.name}/contents/${contentHash}.json`;
    const known = await findJson(this.#objects, contentKey, contentSchema);
    if (known) return this.version(candidate.name, known.value.version);
    for (let version = (await this.#latestVersion(candidate.name)) + 1; ; version++) {
      const complete = modelVersionSchema.parse({ formatVersion: 1, ...candidate, version, contentHash });
      try {
        await putJson(this.#objects, versionKey(candidate.name, version), complete, { condition: { ifAbsent: true } });
      } catch (error) {
        if (error instanceof PreconditionFailed) continue;
        throw error;
      }
      await putJson(this.#objects, contentKey, { formatVersion: 1, version });
      return complete;
    }
  }

  /** @throws {ObjectNotFound} where there is no such version */
  async version(name: string, version: number): Promise<ModelVersion> {
    return (await getJson(this.#objects, versionKey(name, version), modelVersionSchema)).value;
  }

  async alias(name: string, alias: string): Promise<{ value: Alias; etag: string } | null> {
    return findJson(this.#objects, `models/${name}/aliases/${alias}.json`, aliasSchema);
  }

  /**
   * Moves an alias and logs the move. `from` is what {@link alias} gave: if somebody moved it meanwhile, nothing is changed.
   * @throws {PreconditionFailed} when it was moved meanwhile: decide again
   */
  async moveAlias(name: string, move: Omit<Alias, "formatVersion">, from: { etag: string } | null): Promise<void> {
    const condition = from ? { ifMatch: from.etag } : { ifAbsent: true as const };
    await putJson(this.#objects, `models/${name}/aliases/${move.alias}.json`, { formatVersion: 1, ...move }, { condition });
    await this.#log(name, move);
  }

  async #log(name: string, move: Omit<Alias, "formatVersion">): Promise<void> {
    const entries = await this.#objects.listFolder(`models/${name}/log/`);
    for (let sequence = entries.length; ; sequence++) {
      try {
        const key = `models/${name}/log/${String(sequence).padStart(8, "0")}.json`;
        return void (await putJson(this.#objects, key, { formatVersion: 1, ...move }, { condition: { ifAbsent: true } }));
      } catch (error) {
        if (!(error instanceof PreconditionFailed)) throw error;
      }
    }
  }

  async #latestVersion(name: string): Promise<number> {
    const files = await this.#objects.listFolder(`models/${name}/versions/`);
    return Math.max(0, ...files.map((file) => Number.parseInt(file, 10)));
  }
}

/** What makes two versions the same: what they take, what they give and their bytes; not when or by which run they were made. */
function contentHashOf({ signature, files }: Pick<ModelVersion, "signature" | "files">): string {
  const hashes = Object.fromEntries(Object.entries(files).map(([name, ref]) => [name, ref.sha256]));
  return createHash("sha256").update(canonicalJson({ signature, hashes })).digest("hex");
}

function versionKey(name: string, version: number): string {
  return `models/${name}/versions/${version}.json`;
}
