import { createHash } from "node:crypto";

import type { ArtifactRef } from "../ml/artifact.ts";
import { canonicalJson } from "../ml/canonical-json.ts";
import type { LedgerEntry } from "../ml/ledger/schema.ts";
import { ledgerEntrySchema } from "../ml/ledger/schema.ts";
import type { Stage } from "../ml/stages.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { findJson, putJson } from "./json.ts";
import type { ObjectStore } from "./object-store.ts";
import { PreconditionFailed } from "./object-store.ts";

/** Of the environment's hash at the end of an entry's name. */
const environmentLength = 8;

export interface LedgerQuery {
  stage: Stage;
  key: string;
  codeHash: string;
  /** An entry that this result was probably made beside: the one of the same environment is asked for by its name, before all are listed. */
  beside?: string | undefined;
}

/** `adopt`: who is first is right; `replace`: what was asked to be made anew is; `none`: the ledger learns nothing of it. */
export type LedgerMode = "adopt" | "replace" | "none";

/**
 * What was made from what, so that nothing is made twice. A stage's identity is its name and what goes into it, never its position
 * or the run. Under one key stand entries of several code versions and environments; by default one of the same code is reused.
 */
export class Ledger {
  readonly #objects: ObjectStore;
  readonly #artifacts: ArtifactStore;

  constructor(objects: ObjectStore, artifacts: ArtifactStore) {
    this.#objects = objects;
    this.#artifacts = artifacts;
  }

  /** The entry made by this code, if all its outputs still stand with their sizes; a broken one is evicted. */
  async find({ stage, key, codeHash, beside }: LedgerQuery): Promise<LedgerEntry | null> {
    const likely = beside === undefined ? null : `${shortHash(codeHash)}-${beside.slice(-environmentLength)}.json`;
    const found = likely && (await this.#standing(`${folder(stage, key)}/${likely}`));
    if (found) return found;
    for (const name of await this.#objects.listFolder(`${folder(stage, key)}/`)) {
      if (!name.startsWith(`${shortHash(codeHash)}-`) || name === likely) continue;
      const other = await this.#standing(`${folder(stage, key)}/${name}`);
      if (other) return other;
    }
    return null;
  }

  /** Null where there is none, or not all of its outputs any more: then it is evicted. */
  async #standing(objectKey: string): Promise<LedgerEntry | null> {
    const found = await findJson(this.#objects, objectKey, ledgerEntrySchema);
    if (!found) return null;
    const intact = await Promise.all(Object.values(found.value.outputs).map((output) => this.#artifacts.reuse(output)));
    if (intact.every(Boolean)) return found.value;
    await this.evict(found.value);
    return null;
  }

  /** The newest entry under a key, whatever code made it; its outputs may be gone. */
  async newest(stage: Stage, key: string): Promise<LedgerEntry | null> {
    const names = await this.#objects.listFolder(`${folder(stage, key)}/`);
    const found = await Promise.all(
      names.map((name) => findJson(this.#objects, `${folder(stage, key)}/${name}`, ledgerEntrySchema)),
    );
    const entries = found.flatMap((one) => one?.value ?? []);
    return entries.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))[0] ?? null;
  }

  /** Records what was made. The first writer wins; whoever comes second adopts its entry, unless it says otherwise. */
  async record(entry: Omit<LedgerEntry, "entry" | "formatVersion">, mode: LedgerMode = "adopt"): Promise<LedgerEntry> {
    const name = `${shortHash(entry.codeHash)}-${hashOf(canonicalJson(entry.environment)).slice(0, environmentLength)}`;
    const complete: LedgerEntry = { formatVersion: 1, ...entry, entry: name };
    const objectKey = entryKey(complete);
    if (mode === "none") return complete;
    if (mode === "replace") {
      await putJson(this.#objects, objectKey, complete);
      return complete;
    }
    try {
      await putJson(this.#objects, objectKey, complete, { condition: { ifAbsent: true } });
      return complete;
    } catch (error) {
      if (!(error instanceof PreconditionFailed)) throw error;
    }
    const winner = await findJson(this.#objects, objectKey, ledgerEntrySchema);
    if (winner) return winner.value;
    await putJson(this.#objects, objectKey, complete);
    return complete;
  }

  /** Forgets an entry whose outputs turned out to be missing or damaged. */
  async evict(entry: Pick<LedgerEntry, "stage" | "key" | "entry">): Promise<void> {
    await this.#objects.delete([entryKey(entry)]);
  }
}

/** A stage's key: equal for equal work, whatever the run, the machine or the folder the data lay in. */
export function ledgerKey(work: {
  stage: Stage;
  parameters: unknown;
  inputs: Readonly<Record<string, ArtifactRef>>;
  /** Null for stages that draw nothing. */
  seed: number | null;
}): string {
  const inputs = Object.fromEntries(Object.entries(work.inputs).map(([name, ref]) => [name, ref.sha256]));
  return hashOf(canonicalJson({ ...work, inputs }));
}

function entryKey({ stage, key, entry }: Pick<LedgerEntry, "stage" | "key" | "entry">): string {
  return `${folder(stage, key)}/${entry}.json`;
}

function folder(stage: Stage, key: string): string {
  return `ledger/${stage}/${key}`;
}

function shortHash(hash: string): string {
  return hash.slice(0, 24);
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
