import { ledgerKey } from "../storage/ledger.ts";
import type { Store } from "../storage/open-store.ts";
import { reachable } from "../storage/reachable.ts";
import type { TrainingWork } from "../storage/trainings.ts";
import { earlierTrainings, noteTraining } from "../storage/trainings.ts";
import type { ArtifactRef } from "../ml/artifact.ts";
import type { EarlierTraining, RunRecord } from "../ml/run/schema.ts";
import type { Stage } from "../ml/stages.ts";
import type { PinnedOutcome, StageOutcome } from "./run-stage.ts";

export interface LedgerLookup {
  stage: Stage;
  codeHash: string;
  parameters: unknown;
  inputs: Readonly<Record<string, ArtifactRef>>;
  /** Null for stages that draw nothing. */
  seed: number | null;
  /** What the run that is retried has under this name. It counts only for the same work: under the same key, with all outputs there. */
  pin?: PinnedOutcome | undefined;
  /** Whose results count: any run's (where absent), or only this run's own. */
  results?: "any" | "own";
}

/** The key of some work, and a result of it that may be handed on. */
export interface LedgerAnswer {
  key: string;
  found: StageOutcome | null;
  /** Of a training that has to run: how far earlier runs got with it, the farthest first. */
  continues?: readonly EarlierTraining[];
}

/** A result a run was given, as the ledger knows it. */
export interface GivenResult {
  stage: Stage;
  key: string;
  entry: string;
  outputs: readonly ArtifactRef[];
}

/** The hash of bytes that turned out damaged, and the results they may belong to. */
export interface DamagedBytes {
  sha256: string;
  results: readonly GivenResult[];
}

/** Ledger and records, as local activities of the workflow's own worker: milliseconds, no queue, no GPU slot waited for. */
export function createBookkeepingActivities(
  { ledger, artifacts, objects, runs }: Store,
  isTold: (record: RunRecord) => boolean = () => false,
) {
  /** What was made under the key of this work before, if it still stands; where it has to run, the run's record is saved. */
  async function findInLedger(lookup: LedgerLookup, record: RunRecord): Promise<LedgerAnswer> {
    const { stage, parameters, inputs, seed } = lookup;
    const key = ledgerKey({ stage, parameters, inputs, seed });
    const found = (await standingPin(lookup, key)) ?? (await findEntry(lookup, key, record.runId));
    if (found) return { key, found };
    await runs.put(record);
    return { key, found, ...(stage === "train" ? { continues: await beginTraining(lookup, record) } : {}) };
  }

  /** What the training may go on from; later ones find it in turn. A reproduction does all of its work itself, and is nobody's beginning. */
  async function beginTraining(
    { parameters, inputs, seed, codeHash, results }: LedgerLookup,
    { runId, origin }: RunRecord,
  ): Promise<EarlierTraining[]> {
    if (origin?.kind === "reproduce") return [];
    const work = { parameters: parameters as TrainingWork["parameters"], inputs, seed, codeHash }; // as the workflow asks for this stage
    await noteTraining(objects, work, runId);
    return results === "own" ? [] : earlierTrainings(objects, work, runId);
  }

  async function standingPin({ pin }: LedgerLookup, key: string): Promise<StageOutcome | null> {
    if (pin?.key !== key) return null;
    const intact = await Promise.all(Object.values(pin.outputs).map((output) => artifacts.reuse(output)));
    return intact.every(Boolean) ? pin : null;
  }

  async function findEntry({ stage, codeHash, results }: LedgerLookup, key: string, runId: string): Promise<StageOutcome | null> {
    const found = await ledger.find({ stage, key, codeHash });
    if (!found || (results === "own" && found.runId !== runId)) return null;
    const { entry, runId: madeBy, outputs, summary, environment } = found;
    return { entry, madeBy, outputs, summary, environment, attempts: 0 };
  }

  /**
   * Forgets the result that damaged bytes belong to, and the bytes, unless they are whole again.
   *
   * @returns the stage that made them; null where none of these results leads to them
   */
  async function evictFromLedger({ sha256, results }: DamagedBytes): Promise<Stage | null> {
    const result = await ownerOf(sha256, results);
    if (result === null) return null;
    if (await artifacts.discardDamaged(sha256)) await ledger.evict(result);
    return result.stage;
  }

  /** The result whose output has this hash, or refers to what has it. */
  async function ownerOf(sha256: string, results: readonly GivenResult[]): Promise<GivenResult | null> {
    const direct = results.find(({ outputs }) => outputs.some((output) => output.sha256 === sha256));
    if (direct) return direct;
    for (const result of results) {
      for await (const { ref } of reachable(artifacts, result.outputs)) if (ref.sha256 === sha256) return result;
    }
    return null;
  }

  /** @returns whether somebody is to be told of the run as it stands */
  async function saveRunRecord(record: RunRecord): Promise<boolean> {
    await runs.put(record);
    return isTold(record);
  }

  return { findInLedger, evictFromLedger, saveRunRecord };
}
