import type { ArtifactRef } from "../ml/artifact.ts";
import type { Pipeline } from "../ml/pipeline.ts";
import { gatherInputs } from "../ml/run/downstream.ts";
import type { EarlierTraining } from "../ml/run/schema.ts";
import { stageParameters } from "../ml/run/stage-parameters.ts";
import type { Stage } from "../ml/stages.ts";
import { seedOf } from "../ml/stages.ts";
import { ledgerKey } from "../storage/ledger.ts";
import type { Store } from "../storage/open-store.ts";
import type { TrainingWork } from "../storage/trainings.ts";
import { earlierTrainings, noteTraining } from "../storage/trainings.ts";
import type { Json } from "./stage.ts";

type Refs = Readonly<Record<string, ArtifactRef>>;

/** What a stage gives back: references and small numbers, never bytes. */
export interface StageOutcome {
  entry: string;
  /** The run whose result was recorded first; another one's only if two runs made the same at the same time. */
  madeBy: string;
  outputs: Refs;
  summary: Readonly<Record<string, Json>>;
  attempts: number;
  /** What may change bits, where it was made. */
  environment?: Readonly<Record<string, string>>;
  /** Of a training that was just made: the earlier run's checkpoint that it went on from; null where it began anew. */
  continuedFrom?: EarlierTraining | null;
}

/** A result as another run's record has it, for the run that retries that one. */
export interface PinnedOutcome extends StageOutcome {
  key: string;
  /** Of the code that made it. */
  codeHash: string;
}

/** Exactly what a stage reads, and whose results of it may be handed on. */
export interface LedgerLookup {
  runId: string;
  stage: Stage;
  codeHash: string;
  parameters: unknown;
  inputs: Refs;
  /** Null for stages that draw nothing. */
  seed: number | null;
  /** What the run that is retried has under this name. It counts only for the same work: under the same key, with all outputs there. */
  pin?: PinnedOutcome | undefined;
  /** Whose results count: any run's (where absent), or only this run's own. */
  results?: "any" | "own";
  /** Whether it only shows what another run's record leads to. */
  reproduces?: boolean;
  /** A result that led to this work. */
  beside?: StageOutcome | undefined;
}

/** The key of some work, and a result of it that may be handed on. */
export interface LedgerAnswer {
  stage: Stage;
  inputs: Refs;
  key: string;
  found: StageOutcome | null;
  /** Of a training that has to run: how far earlier runs got with it, the farthest first. */
  continues?: readonly EarlierTraining[];
}

/** What a run does next, so that the ledger can be asked for it as soon as its inputs are known. */
export interface NextWork {
  runId: string;
  source: ArtifactRef;
  pipeline: Pipeline;
  /** Of the stages that are ahead. */
  stages: readonly Pick<LedgerLookup, "stage" | "codeHash" | "pin" | "results" | "reproduces">[];
  /** What the run was given or made so far. */
  known: Readonly<Partial<Record<Stage, Refs>>>;
}

type Results = Pick<Store, "ledger" | "artifacts" | "objects">;

/** The key of this work, and what was made under it before, if it still stands. */
export async function lookUp(store: Results, lookup: LedgerLookup): Promise<LedgerAnswer> {
  const { stage, parameters, inputs, seed } = lookup;
  const key = ledgerKey({ stage, parameters, inputs, seed });
  const found = (await standingPin(store, lookup, key)) ?? (await findEntry(store, lookup, key));
  const answer = { stage, inputs, key, found };
  return found || stage !== "train" ? answer : { ...answer, continues: await beginTraining(store, lookup) };
}

/** What the training may go on from; later ones find it in turn. A reproduction does all of its work itself, and is nobody's beginning. */
async function beginTraining({ objects }: Results, lookup: LedgerLookup): Promise<EarlierTraining[]> {
  const { parameters, inputs, seed, codeHash, runId, results, reproduces } = lookup;
  if (reproduces) return [];
  const work = { parameters: parameters as TrainingWork["parameters"], inputs, seed, codeHash }; // as the workflow asks for this stage
  await noteTraining(objects, work, runId);
  return results === "own" ? [] : earlierTrainings(objects, work, runId);
}

/**
 * Looks up all stages whose inputs are known, and goes on from what is found: a run that only repeats another is looked up at once.
 * @param beside a result that was found on the way
 * @returns an answer for each stage that could be asked for
 */
export async function lookAhead(
  store: Results,
  { runId, source, pipeline, stages, known }: NextWork,
  beside?: StageOutcome,
): Promise<LedgerAnswer[]> {
  const made = new Map(Object.entries(known) as [Stage, Refs][]);
  const answers = await Promise.all(
    stages.flatMap((ahead) => {
      const { inputs: gathered, waitsFor } = gatherInputs(ahead.stage, made);
      if (waitsFor.length > 0) return [];
      const inputs = ahead.stage === "ingest" ? { source } : gathered;
      const parameters = stageParameters[ahead.stage](pipeline);
      return [lookUp(store, { ...ahead, runId, parameters, inputs, seed: seedOf(ahead.stage, pipeline.seed), beside })];
    }),
  );
  const found = answers.flatMap((answer) => (answer.found ? [[answer.stage, answer.found] as const] : []));
  const last = found.at(-1);
  if (!last) return answers;
  const rest = stages.filter(({ stage }) => answers.every((answer) => answer.stage !== stage));
  const outputs = Object.fromEntries(found.map(([stage, outcome]) => [stage, outcome.outputs]));
  const next = { runId, source, pipeline, stages: rest, known: { ...known, ...outputs } };
  return [...answers, ...(await lookAhead(store, next, last[1]))];
}

async function standingPin({ artifacts }: Results, { pin }: LedgerLookup, key: string): Promise<StageOutcome | null> {
  if (pin?.key !== key) return null;
  const intact = await Promise.all(Object.values(pin.outputs).map((output) => artifacts.reuse(output)));
  return intact.every(Boolean) ? pin : null;
}

async function findEntry({ ledger }: Results, { stage, codeHash, runId, results, beside }: LedgerLookup, key: string) {
  const found = await ledger.find({ stage, key, codeHash, beside: beside?.entry });
  if (!found || (results === "own" && found.runId !== runId)) return null;
  const { entry, runId: madeBy, outputs, summary, environment } = found;
  return { entry, madeBy, outputs, summary, environment, attempts: 0 };
}
