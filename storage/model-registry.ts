import { createHash } from "node:crypto";

import { z } from "zod";

import { canonicalJson } from "../ml/canonical-json.ts";
import { byTime, inOrder } from "../ml/register/alias-history.ts";
import type { AliasMove, ModelVersion } from "../ml/register/schema.ts";
import { aliasMoveSchema, modelVersionSchema } from "../ml/register/schema.ts";
import { findJson, getJson, putJson } from "./json.ts";
import type { ObjectStore, PutCondition } from "./object-store.ts";
import { PreconditionFailed } from "./object-store.ts";

/** Format 1 told neither kind nor number of a move, and knew no removal. */
const firstMoveSchema = z
  .strictObject({
    formatVersion: z.literal(1),
    alias: z.string(),
    version: z.int().positive(),
    movedAt: z.string(),
    movedBy: z.string(),
    reason: z.string(),
  })
  .transform((move): AliasMove => ({ ...move, formatVersion: 2, number: 0, kind: "promote" }));
const storedMoveSchema = z.union([aliasMoveSchema, firstMoveSchema]);

const contentSchema = z.strictObject({ formatVersion: z.literal(1), version: z.int().positive() });
const tagsSchema = z.strictObject({ formatVersion: z.literal(1), tags: z.record(z.string(), z.string()) });

/** An alias' newest move, and what a further one has to find unchanged. */
export interface AliasHolder {
  value: AliasMove;
  etag: string;
}

/** Models by name: immutable numbered versions, movable aliases, a log of every move that is kept for ever, and tags. */
export class ModelRegistry {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /**
   * Publishes a version; the same signature and files give the same version, whoever publishes them, at once or later. A content first
   * claims a number, then takes it by a conditional put, so that concurrent publishers neither share one nor leave a gap.
   */
  async publish(candidate: Omit<ModelVersion, "formatVersion" | "version" | "contentHash">): Promise<ModelVersion> {
    const { name } = candidate;
    const contentHash = contentHashOf(candidate);
    const contentKey = `models/${name}/contents/${contentHash}.json`;
    let claim = await findJson(this.#objects, contentKey, contentSchema);
    let version = claim?.value.version ?? (await this.#latestVersion(name)) + 1;
    for (;;) {
      if (claim?.value.version !== version) {
        const condition: PutCondition = claim ? { ifMatch: claim.etag } : { ifAbsent: true };
        claim = await this.#claim(contentKey, version, condition);
        version = claim.value.version;
      }
      const complete = modelVersionSchema.parse({ formatVersion: 2, ...candidate, version, contentHash });
      if (await this.#putNew(versionKey(name, version), complete)) return complete;
      const taken = await this.version(name, version);
      if (taken.contentHash === contentHash) return taken;
      version++;
    }
  }

  /** Names of all models, sorted. */
  async names(): Promise<string[]> {
    const folders = await this.#objects.listFolder("models/");
    return folders.map((folder) => folder.replace(/\/$/, "")).toSorted();
  }

  /** Numbers of a model's versions, ascending. */
  async versions(name: string): Promise<number[]> {
    const files = await this.#objects.listFolder(`models/${name}/versions/`);
    return files.map((file) => Number.parseInt(file, 10)).toSorted((a, b) => a - b);
  }

  /** @throws {ObjectNotFound} where there is no such version */
  async version(name: string, version: number): Promise<ModelVersion> {
    return (await getJson(this.#objects, versionKey(name, version), modelVersionSchema)).value;
  }

  /** The newest move of an alias; null where it was never set. One that was taken away has `version: null`. */
  async alias(name: string, alias: string): Promise<AliasHolder | null> {
    return findJson(this.#objects, aliasKey(name, alias), storedMoveSchema);
  }

  /** Where every alias of a model points, by name of the alias. */
  async aliases(name: string): Promise<Map<string, number>> {
    const files = (await this.#objects.listFolder(`models/${name}/aliases/`)).toSorted();
    const holders = await Promise.all(files.map((file) => this.alias(name, file.replace(/\.json$/, ""))));
    return new Map(holders.flatMap((holder) => (holder?.value.version ? [[holder.value.alias, holder.value.version]] : [])));
  }

  /**
   * Moves an alias and logs the move. `from` is what {@link alias} gave: if somebody moved it meanwhile, nothing is changed. The move it
   * replaces is logged first if a death in between has kept it from its place in the log: none is ever lost.
   * @throws {PreconditionFailed} when it was moved meanwhile: decide again
   */
  async moveAlias(name: string, move: Omit<AliasMove, "formatVersion" | "number">, from: AliasHolder | null): Promise<AliasMove> {
    if (from) await this.#log(name, from.value);
    const complete: AliasMove = { formatVersion: 2, number: (from?.value.number ?? 0) + 1, ...move };
    const condition: PutCondition = from ? { ifMatch: from.etag } : { ifAbsent: true };
    await putJson(this.#objects, aliasKey(name, move.alias), complete, { condition });
    await this.#log(name, complete);
    return complete;
  }

  /** Every move of one alias, or of all, oldest first. */
  async history(name: string, alias?: string): Promise<AliasMove[]> {
    const [logged, present] = await Promise.all([
      this.#objects.listFolder(`models/${name}/log/`),
      this.#objects.listFolder(`models/${name}/aliases/`),
    ]);
    const folder = `models/${name}`;
    const keys = [...logged.map((file) => `${folder}/log/${file}`), ...present.map((file) => `${folder}/aliases/${file}`)];
    const moves = await Promise.all(keys.map(async (key) => (await getJson(this.#objects, key, storedMoveSchema)).value));
    // The newest stands in both places, or only in the alias where its logging was cut short.
    const unique = new Map(moves.map((move) => [`${move.alias} ${move.number} ${move.movedAt}`, move]));
    const wanted = [...unique.values()].filter((move) => alias === undefined || move.alias === alias);
    const ordered = [...new Set(wanted.map((move) => move.alias))].flatMap((each) =>
      inOrder(wanted.filter((move) => move.alias === each)),
    );
    return ordered.toSorted((a, b) => byTime(a.movedAt, b.movedAt));
  }

  async tags(name: string, version: number): Promise<Record<string, string>> {
    return (await findJson(this.#objects, tagsKey(name, version), tagsSchema))?.value.tags ?? {};
  }

  /** Sets tags of a version, and removes those given as null. @throws {PreconditionFailed} when somebody changed them meanwhile */
  async tag(name: string, version: number, changes: Readonly<Record<string, string | null>>): Promise<Record<string, string>> {
    const known = await findJson(this.#objects, tagsKey(name, version), tagsSchema);
    const merged = Object.entries({ ...known?.value.tags, ...changes });
    const tags = Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== null));
    const condition: PutCondition = known ? { ifMatch: known.etag } : { ifAbsent: true };
    await putJson(this.#objects, tagsKey(name, version), { formatVersion: 1, tags }, { condition });
    return tags;
  }

  async #claim(key: string, version: number, condition: PutCondition) {
    try {
      const { etag } = await putJson(this.#objects, key, { formatVersion: 1, version }, { condition });
      return { value: { formatVersion: 1 as const, version }, etag };
    } catch (error) {
      if (!(error instanceof PreconditionFailed)) throw error;
      return getJson(this.#objects, key, contentSchema); // whoever publishes the same was quicker
    }
  }

  /** A move has one place in the log, so that logging it again changes nothing. Format 1 logged under other names. */
  async #log(name: string, move: AliasMove): Promise<void> {
    if (move.number === 0) return;
    await this.#putNew(`models/${name}/log/${move.alias}.${String(move.number).padStart(8, "0")}.json`, move);
  }

  /** @returns false where the key is taken */
  async #putNew(key: string, value: unknown): Promise<boolean> {
    try {
      await putJson(this.#objects, key, value, { condition: { ifAbsent: true } });
      return true;
    } catch (error) {
      if (error instanceof PreconditionFailed) return false;
      throw error;
    }
  }

  async #latestVersion(name: string): Promise<number> {
    return (await this.versions(name)).at(-1) ?? 0;
  }
}

/** Files that say what a model is; the others say the same in the formats of others. */
const ownFiles: ReadonlySet<string> = new Set(["model", "weights", "normalizer", "encoder"]);

/** What makes two versions the same: what they take, what they give and their bytes; not when or by which run they were made. */
function contentHashOf({ signature, files }: Pick<ModelVersion, "signature" | "files">): string {
  const own = Object.entries(files).filter(([name]) => ownFiles.has(name));
  const hashes = Object.fromEntries(own.map(([name, ref]) => [name, ref.sha256]));
  return createHash("sha256").update(canonicalJson({ signature, hashes })).digest("hex");
}

function versionKey(name: string, version: number): string {
  return `models/${name}/versions/${version}.json`;
}

function aliasKey(name: string, alias: string): string {
  return `models/${name}/aliases/${alias}.json`;
}

function tagsKey(name: string, version: number): string {
  return `models/${name}/tags/${version}.json`;
}
