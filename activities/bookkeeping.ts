import type { Store } from "../storage/open-store.ts";
import { reachable } from "../storage/reachable.ts";
import type { ArtifactRef } from "../ml/artifact.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import type { Stage } from "../ml/stages.ts";
import type { LedgerAnswer, LedgerLookup, NextWork } from "./look-up.ts";
import { lookAhead, lookUp } from "./look-up.ts";

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
export function createBookkeepingActivities(store: Store, isTold: (record: RunRecord) => boolean = () => false) {
  const { ledger, artifacts, runs } = store;

  /** An answer for the work that is asked for; where it was done before, for what the run can go on with too. */
  async function findInLedger(lookup: LedgerLookup, next: NextWork): Promise<LedgerAnswer[]> {
    const answer = await lookUp(store, lookup);
    if (!answer.found) return [answer];
    const known = { ...next.known, [answer.stage]: answer.found.outputs };
    return [answer, ...(await lookAhead(store, { ...next, known }, answer.found))];
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
