import { hostname, userInfo } from "node:os";

import { InvalidConfiguration, RegistrationRefused } from "../ml/errors.ts";
import type { AliasSpan } from "../ml/register/alias-history.ts";
import { aliasSpans, holderAt, versionBefore } from "../ml/register/alias-history.ts";
import type { VersionDifference } from "../ml/register/diff-versions.ts";
import { diffVersions } from "../ml/register/diff-versions.ts";
import type { AliasMove, ModelVersion } from "../ml/register/schema.ts";
import { aliasNameSchema } from "../ml/register/schema.ts";
import { findVersion, knownModel, versionOf } from "../storage/find-version.ts";
import { ModelRegistry } from "../storage/model-registry.ts";
import { PreconditionFailed } from "../storage/object-store.ts";
import type { Store } from "../storage/open-store.ts";
import { exportModel } from "./export-model.ts";
import type { ModelLineage, TrainedOn } from "./model-lineage.ts";
import { LineageReader } from "./model-lineage.ts";

export interface ModelRow {
  name: string;
  version: number;
  createdAt: string;
  runId: string;
  aliases: string[];
  tags: Record<string, string>;
  accuracy: number | null;
}

export interface ModelView extends ModelRow {
  record: ModelVersion;
  /** Null where the data set is no longer in the store. */
  data: ModelLineage | null;
}

export interface AliasHistory {
  name: string;
  moves: AliasMove[];
  spans: AliasSpan[];
}

/** The registry as people and programs use it. Versions never change; who moves an alias says why. */
export class Models {
  readonly #store: Pick<Store, "objects" | "artifacts" | "runs">;
  readonly #registry: ModelRegistry;

  constructor(store: Pick<Store, "objects" | "artifacts" | "runs">) {
    this.#store = store;
    this.#registry = new ModelRegistry(store.objects);
  }

  /** All versions of one model, or of all, newest first within a name. */
  async list(name?: string): Promise<ModelRow[]> {
    const names = name === undefined ? await this.#registry.names() : [await knownModel(this.#registry, name)];
    const rows = await Promise.all(names.map((each) => this.#rows(each)));
    return rows.flat();
  }

  /**
   * The versions that came from some data, see {@link LineageReader.trainedOn}.
   * @returns also those whose data is gone, of which nobody can say
   */
  async madeFrom(data: string, name?: string): Promise<{ rows: (ModelRow & { data: TrainedOn })[]; unknown: ModelRow[] }> {
    const reader = new LineageReader(this.#store.artifacts);
    const found = { rows: [] as (ModelRow & { data: TrainedOn })[], unknown: [] as ModelRow[] };
    for (const row of await this.list(name)) {
      const trainedOn = await reader.trainedOn(await this.#registry.version(row.name, row.version), data);
      if (trainedOn === "unknown") found.unknown.push(row);
      else if (trainedOn) found.rows.push({ ...row, data: trainedOn });
    }
    return found;
  }

  /**
   * The version that a reference means: `NAME:VERSION`, `NAME@ALIAS`, or the champion, without one the newest, of `NAME`.
   * @throws {InvalidConfiguration} naming what there is
   */
  async resolve(reference: string): Promise<ModelVersion> {
    return findVersion(this.#registry, reference);
  }

  async show(reference: string): Promise<ModelView> {
    const record = await this.resolve(reference);
    const [row, data] = await Promise.all([
      this.#row(record, await this.#registry.aliases(record.name)),
      new LineageReader(this.#store.artifacts).dataOf(record),
    ]);
    return { ...row, record, data };
  }

  async diff(a: string, b: string): Promise<VersionDifference & { a: ModelVersion; b: ModelVersion }> {
    const [left, right] = await Promise.all([this.resolve(a), this.resolve(b)]);
    const [first, second] = await Promise.all([this.#store.runs.find(left.runId), this.#store.runs.find(right.runId)]);
    const difference = diffVersions(left, right, { a: first?.pipeline, b: second?.pipeline });
    return { a: left, b: right, ...difference };
  }

  /** Points an alias to a version, whatever a gate would say: hence the reason. */
  async setAlias(reference: string, alias: string, reason: string): Promise<AliasMove> {
    const { name, version } = await this.resolve(reference);
    if (!aliasNameSchema.safeParse(alias).success) {
      throw new InvalidConfiguration(
        `An alias is lower-case letters, digits and dashes, at most 50; received ${JSON.stringify(alias)}`,
      );
    }
    return this.#move(name, { alias, kind: "set", version, reason });
  }

  async removeAlias(name: string, alias: string, reason: string): Promise<AliasMove> {
    await this.#holder(name, alias);
    return this.#move(name, { alias, kind: "remove", version: null, reason });
  }

  /** Takes an alias back to the version that held it before. */
  async rollback(name: string, alias: string, reason: string): Promise<AliasMove> {
    await this.#holder(name, alias);
    const version = versionBefore(await this.#registry.history(name, alias));
    if (version === null) throw new RegistrationRefused(`${alias} of ${name} has held no version before the present one`);
    return this.#move(name, { alias, kind: "rollback", version, reason });
  }

  async history(name: string, alias?: string): Promise<AliasHistory> {
    const moves = await this.#registry.history(await knownModel(this.#registry, name), alias);
    const aliases = [...new Set(moves.map((move) => move.alias))];
    return { name, moves, spans: aliases.flatMap((each) => aliasSpans(moves.filter((move) => move.alias === each))) };
  }

  /** The version each alias pointed to at a moment. @param at any date that JavaScript reads */
  async heldAt(name: string, at: string): Promise<{ alias: string; version: number | null }[]> {
    const moment = new Date(at);
    if (Number.isNaN(moment.getTime()))
      throw new InvalidConfiguration(`A moment is a date or time, e.g. 2026-01-31 or 2026-01-31T12:00Z; received ${at}`);
    const { moves } = await this.history(name);
    return [...new Set(moves.map(({ alias }) => alias))].map((alias) => ({
      alias,
      version: holderAt(
        moves.filter((move) => move.alias === alias),
        moment.toISOString(),
      ),
    }));
  }

  async tag(reference: string, changes: Readonly<Record<string, string | null>>): Promise<ModelRow> {
    const record = await this.resolve(reference);
    await this.#registry.tag(record.name, record.version, changes);
    return this.#row(record, await this.#registry.aliases(record.name));
  }

  /** Writes a version's card, signature and files into a new folder. @returns their paths within it */
  async export(reference: string, folder: string): Promise<{ version: ModelVersion; files: string[] }> {
    const version = await this.resolve(reference);
    return { version, files: await exportModel(version, this.#store.artifacts, folder) };
  }

  async #rows(name: string): Promise<ModelRow[]> {
    const [numbers, aliases] = await Promise.all([this.#registry.versions(name), this.#registry.aliases(name)]);
    const versions = numbers
      .toReversed()
      .map(async (number) => this.#row(await versionOf(this.#registry, name, number), aliases));
    return Promise.all(versions);
  }

  async #row(record: ModelVersion, aliases: ReadonlyMap<string, number>): Promise<ModelRow> {
    const { name, version, createdAt, runId, metrics } = record;
    return {
      name,
      version,
      createdAt,
      runId,
      aliases: [...aliases].filter(([, held]) => held === version).map(([alias]) => alias),
      tags: await this.#registry.tags(name, version),
      accuracy: metrics["accuracy"] ?? null,
    };
  }

  async #holder(name: string, alias: string): Promise<number> {
    const aliases = await this.#registry.aliases(await knownModel(this.#registry, name));
    const held = aliases.get(alias);
    if (held !== undefined) return held;
    const known = [...aliases.keys()].join(", ") || "none";
    throw new InvalidConfiguration(`Model ${name} has no alias ${JSON.stringify(alias)}; its aliases: ${known}`);
  }

  async #move(name: string, move: Pick<AliasMove, "alias" | "kind" | "version" | "reason">): Promise<AliasMove> {
    if (move.reason.trim() === "") throw new InvalidConfiguration("Say why: a reason is kept with every move of an alias");
    const complete = { ...move, movedAt: new Date().toISOString(), movedBy: whoami() };
    try {
      return await this.#registry.moveAlias(name, complete, await this.#registry.alias(name, move.alias));
    } catch (cause) {
      if (!(cause instanceof PreconditionFailed)) throw cause;
      throw new RegistrationRefused(`Somebody moved ${move.alias} of ${name} at this moment; look at it and decide again`, {
        cause,
      });
    }
  }
}

/** The person, as the system knows them: `ada@workshop`. */
export function whoami(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // Containers run as users that have a number and no name.
    return `user ${process.getuid?.() ?? ""}@${hostname()}`;
  }
}
