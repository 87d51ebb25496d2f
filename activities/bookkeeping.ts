import { objectKey } from "../storage/artifact-store.ts";
import { ledgerKey } from "../storage/ledger.ts";
import type { Store } from "../storage/open-store.ts";
import type { ArtifactRef } from "../ml/artifact.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import type { Stage } from "../ml/stages.ts";
import type { StageOutcome } from "./run-stage.ts";

export interface LedgerLookup {
  stage: Stage;
  codeHash: string;
  parameters: unknown;
  inputs: Readonly<Record<string, ArtifactRef>>;
  /** Null for stages that draw nothing. */
  seed: number | null;
}

/** A ledger entry, and the hash of the output of it that is damaged. */
export interface DamagedOutput {
  stage: Stage;
  key: string;
  entry: string;
  damaged: string;
}

/** Ledger and records, as local activities of the workflow's own worker: milliseconds, no queue, no GPU slot waited for. */
export function createBookkeepingActivities({ ledger, objects, runs }: Store) {
  /** The key of this work, and what was made under it before, if it still stands; where it has to run, the run's record is saved. */
  async function findInLedger(lookup: LedgerLookup, record: RunRecord): Promise<{ key: string; found: StageOutcome | null }> {
    const { stage, codeHash, parameters, inputs, seed } = lookup;
    const key = ledgerKey({ stage, parameters, inputs, seed });
    const entry = await ledger.find({ stage, key, codeHash });
    if (!entry) {
      await runs.put(record);
      return { key, found: null };
    }
    return {
      key,
      found: { entry: entry.entry, madeBy: entry.runId, outputs: entry.outputs, summary: entry.summary, attempts: 0 },
    };
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
