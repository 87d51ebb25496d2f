import type { LedgerAnswer, NextWork } from "../activities/look-up.ts";
import type { StageMade } from "../activities/run-stage.ts";
import type { ArtifactRef } from "../ml/artifact.ts";
import type { Pipeline } from "../ml/pipeline.ts";
import { hasResult } from "../ml/run/plan-retry.ts";
import type { StageRecord } from "../ml/run/schema.ts";
import { stageParameters } from "../ml/run/stage-parameters.ts";
import type { Stage } from "../ml/stages.ts";
import { isBeyond, seedOf } from "../ml/stages.ts";
import type { RunState, TrainModelRun } from "./run-state.ts";

type Refs = Readonly<Record<string, ArtifactRef>>;

export interface StageWork {
  /** Exactly what the stage reads: it enters the ledger key. By default what stands under it in the pipeline as it is then. */
  parameters?: unknown;
  inputs: Refs;
}

/**
 * What the ledger says of a run's stages. Whoever makes or finds a result asks at once for the stages that can follow from it, and the
 * workflow keeps those answers: it has to ask by itself only where there is none for exactly the work at hand.
 */
export class LedgerAnswers {
  readonly #state: RunState;
  readonly #run: TrainModelRun;
  /** Each with the pipeline that it is about: an operator may change that. */
  readonly #kept = new Map<Stage, { answer: LedgerAnswer; pipeline: Pipeline }>();

  constructor(state: RunState, run: TrainModelRun) {
    this.#state = state;
    this.#run = run;
  }

  /** The key of a stage's work, and a result of it that may be handed on. */
  async of(stage: Stage, { inputs, parameters }: StageWork): Promise<LedgerAnswer> {
    const { runId, pipeline } = this.#state.record;
    const kept = this.#kept.get(stage);
    this.#kept.delete(stage); // a stage that is done once more asks once more
    if (kept?.pipeline === pipeline && parameters === undefined && haveSameContent(kept.answer.inputs, inputs))
      return kept.answer;
    const read = parameters ?? stageParameters[stage](pipeline);
    const lookup = { ...this.#sourcesOf(stage), runId, parameters: read, inputs, seed: seedOf(stage, pipeline.seed) };
    const next = this.nextWork();
    const [answer, ...ahead] = await this.#state.findInLedger(lookup, next);
    if (!answer) throw new TypeError(`The ledger was asked for ${stage} and said nothing of it`);
    this.#keep(ahead, next);
    return answer;
  }

  /** What is neither begun nor asked for. */
  nextWork(): NextWork {
    const { runId, source, pipeline, until, untilEpoch, stages } = this.#state.record;
    const isAhead = ({ name, status }: StageRecord) =>
      status === "pending" &&
      this.#kept.get(name)?.pipeline !== pipeline &&
      !isBeyond(name, until) &&
      // It has parameters of its own then.
      !(name === "train" && untilEpoch !== undefined);
    return {
      runId,
      source,
      pipeline,
      stages: stages.filter(isAhead).map(({ name }) => this.#sourcesOf(name)),
      known: Object.fromEntries(stages.filter(hasResult).map(({ name, outputs }) => [name, outputs])),
    };
  }

  /** Keeps what a stage's activity learned for the stages that follow. @returns what it made */
  take({ ahead, ...outcome }: StageMade, asked: NextWork): Omit<StageMade, "ahead"> {
    this.#keep(ahead, asked);
    return outcome;
  }

  #keep(answers: readonly LedgerAnswer[], { pipeline }: NextWork): void {
    for (const answer of answers) this.#kept.set(answer.stage, { answer, pipeline });
  }

  /** Whose results of a stage may be handed on: of which code, of which run. */
  #sourcesOf(stage: Stage): NextWork["stages"][number] {
    const { reproduces = false, retries: { pins = {}, anew = [] } = {}, codeHashes } = this.#run;
    const results = reproduces || anew.includes(stage) ? "own" : "any";
    return { stage, codeHash: codeHashes[stage], pin: pins[stage], results, reproduces };
  }
}

function haveSameContent(some: Refs, others: Refs): boolean {
  const names = Object.keys(some);
  return names.length === Object.keys(others).length && names.every((name) => some[name]?.sha256 === others[name]?.sha256);
}
