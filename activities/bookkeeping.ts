import { objectKey } from "../storage/artifact-store.ts";
import { ledgerKey } from "../storage/ledger.ts";
import type { Store } from "../storage/open-store.ts";
import type { ArtifactRef } from "../ml/artifact.ts";
import type { RunRecord } from "../ml/run/schema.ts";
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

/** A ledger entry, and the hash of the output of it that is damaged. */
export interface DamagedOutput {
  stage: Stage;
  key: string;
  entry: string;
  damaged: string;
}

/** Ledger and records, as local activities of the workflow's own worker: milliseconds, no queue, no GPU slot waited for. */
export function createBookkeepingActivities({ ledger, artifacts, objects, runs }: Store) {
  /** The key of this work, and what was made under it before, if it still stands; where it has to run, the run's record is saved. */
  async function findInLedger(lookup: LedgerLookup, record: RunRecord): Promise<{ key: string; found: StageOutcome | null }> {
    const { stage, parameters, inputs, seed } = lookup;
    const key = ledgerKey({ stage, parameters, inputs, seed });
    const found = (await standingPin(lookup, key)) ?? (await findEntry(lookup, key, record.runId));
    if (!found) await runs.put(record);
    return { key, found };
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

  /** Forgets a result whose bytes turned out damaged, and the bytes: a put of the same content would take them for stored. */
  async function evictFromLedger({
    damaged,
    ...entry
  }: {
    stage: Stage;
    key: string;
    entry: string;
    damaged: string;
  }): Promise<void> {
    await objects.delete([objectKey(damaged)]);
    await ledger.evict(entry);
  }

  async function saveRunRecord(record: RunRecord): Promise<void> {
    await runs.put(record);
  }

  return { findInLedger, evictFromLedger, saveRunRecord };
}
