import {
  allHandlersFinished,
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  ContinueAsNew,
  continueAsNew,
  defineUpdate,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  proxyLocalActivities,
  setHandler,
  WorkflowIdReusePolicy,
  workflowInfo,
} from "@temporalio/workflow";

import type { createSweepActivities, SweepChange } from "../activities/suggest.ts";
import type { TrainingEnding } from "../activities/training-outcome.ts";
import type { Pin } from "../ml/run/pins.ts";
import { pinsOf } from "../ml/run/pins.ts";
import type { RunError, RunRecord } from "../ml/run/schema.ts";
import type { Stage } from "../ml/stages.ts";
import type { TrainingOrder } from "../ml/sweep-record/schema.ts";
import { stages } from "../ml/stages.ts";
import { activityProfiles, changeSweepUpdateName, workflowIdPrefix } from "../temporal.config.ts";
import type { TrainModelRun } from "./run-state.ts";
import { describeError } from "./run-state.ts";
import type { trainModel } from "./train-model.ts";

/** What starts a sweep, and what it carries along when it begins anew. Everything else stands in its record. */
export interface SweepRun extends Pick<TrainModelRun, "queues" | "codeHashes" | "searchAttributes"> {
  sweepId: string;
  /** The newest question that was asked; its record knows it too. */
  step: number;
  /** What the data stages made, for every trial; null before. */
  pins: Partial<Record<Stage, Pin>> | null;
  /** What ended or was changed and has not been told yet. */
  endings: readonly TrainingEnding[];
  change: SweepChange;
}

/** What a question tells. */
type News = Pick<SweepRun, "endings" | "change">;

export const changeSweepUpdate = defineUpdate<void, [SweepChange]>(changeSweepUpdateName);

/**
 * Searches for good values by training: the data stages once, then trials as child workflows, as many at a time as `parallel` says, then
 * the winner's test. What to try is decided by an activity from the sweep's record; this says only what runs.
 */
export async function sweep(run: SweepRun): Promise<void> {
  const search = new Search(run);
  await CancellationScope.nonCancellable(() => search.run());
}

class Search {
  readonly #run: SweepRun;
  readonly #decisions = proxyLocalActivities<ReturnType<typeof createSweepActivities>>(activityProfiles.bookkeeping);
  /** What runs, to be cancelled at once. */
  readonly #running = new CancellationScope();
  #runningCount = 0;
  #isStopping = false;
  /**
   * What the record does not know yet, a question each. Were it gathered into one, their number would depend on how long each answer took;
   * a replay, for which all are there at once, would ask fewer.
   */
  readonly #news: News[];
  #pins: Partial<Record<Stage, Pin>> | null;
  #step: number;

  constructor(run: SweepRun) {
    this.#run = run;
    this.#news = [{ endings: run.endings, change: run.change }];
    this.#pins = run.pins;
    this.#step = run.step;
    setHandler(changeSweepUpdate, (change) => {
      this.#news.push({ endings: [], change });
    });
    CancellationScope.current().cancelRequested.catch(() => {
      this.#isStopping = true;
      this.#news.push({ endings: [], change: {} });
      this.#running.cancel();
    });
  }

  async run(): Promise<void> {
    const { sweepId } = this.#run;
    try {
      await this.#search();
    } catch (error) {
      if (error instanceof ContinueAsNew) throw error;
      await this.#decisions.finishSweep({ sweepId, failure: describeError(error) });
    }
  }

  async #search(): Promise<void> {
    const { sweepId } = this.#run;
    this.#pins ??= await this.#makeData();
    if (this.#pins) await this.#makeTrials(this.#pins);
    const winner = await this.#decisions.prepareWinner({ sweepId });
    const failure = winner && !this.#isStopping ? await this.#test(winner) : null;
    await this.#decisions.finishSweep({ sweepId, ...(failure ? { failure } : {}) });
  }

  /** The stages before training, as a run of their own. @returns null where they cannot be done: the sweep is over */
  async #makeData(): Promise<Partial<Record<Stage, Pin>> | null> {
    const record = await this.#decisions.beginSweep({ sweepId: this.#run.sweepId });
    try {
      const pins = pinsOf(await this.#child(record, {}), stages);
      if (pins.split?.summary["validation"] !== 0) return pins;
      await this.#ask(undefined, {
        type: "InvalidConfiguration",
        message: "The validation part, by which trials are judged, has no rows; set split.validation to more than 0",
      });
      return null;
    } catch (error) {
      await this.#ask(undefined, isCancellation(error) ? undefined : describeError(error));
      return null;
    }
  }

  async #makeTrials(pins: Partial<Record<Stage, Pin>>): Promise<void> {
    for (;;) {
      await condition(() => this.#news.length > 0);
      const { trainings, isOver } = await this.#ask(this.#news.shift());
      for (const { order, record } of trainings) void this.#train(order, record, pins);
      if (isOver) return;
      if (workflowInfo().continueAsNewSuggested) await this.#beginAnew();
    }
  }

  /** A long history is left behind when no child is open that it holds. */
  async #beginAnew(): Promise<void> {
    await condition(() => this.#runningCount === 0 && allHandlersFinished());
    if (this.#isStopping) return; // a cancellation is not carried along; the sweep is about to end
    const { queues, codeHashes, searchAttributes, sweepId } = this.#run;
    await continueAsNew<typeof sweep>({
      queues,
      codeHashes,
      searchAttributes,
      sweepId,
      step: this.#step,
      pins: this.#pins,
      endings: this.#news.flatMap(({ endings }) => endings),
      change: Object.assign({}, ...this.#news.map(({ change }) => change)) as SweepChange,
    });
  }

  async #ask({ endings, change }: News = { endings: [], change: {} }, failure?: RunError) {
    this.#step++;
    return this.#decisions.advanceSweep({
      sweepId: this.#run.sweepId,
      step: this.#step,
      endings,
      change,
      isStopping: this.#isStopping,
      ...(failure ? { failure } : {}),
    });
  }

  async #train(order: TrainingOrder, record: RunRecord, pins: Partial<Record<Stage, Pin>>) {
    this.#runningCount++;
    let ended: TrainingEnding = { ...order, status: "done", error: null };
    try {
      await this.#child(record, pins);
    } catch (error) {
      ended = { ...order, status: isCancellation(error) ? "cancelled" : "failed", error: describeError(error) };
    }
    this.#runningCount--;
    this.#news.push({ endings: [ended], change: {} });
  }

  /** @returns why the winner could not be tested; null where it was */
  async #test({ record, pins }: { record: RunRecord; pins: Partial<Record<Stage, Pin>> }): Promise<RunError | null> {
    try {
      await this.#child(record, pins);
      return null;
    } catch (error) {
      return isCancellation(error) ? null : describeError(error);
    }
  }

  /** A run of the sweep's own. Its id tells what it is, so that the same training is the same run: at the next rung, after a failure, resumed. */
  #child(record: RunRecord, pins: Partial<Record<Stage, Pin>>): Promise<RunRecord> {
    const { queues, codeHashes, searchAttributes } = this.#run;
    const args: [TrainModelRun] = [{ record, queues, codeHashes, searchAttributes, restarts: 0, retries: { pins, anew: [] } }];
    return this.#running.run(() =>
      executeChild<typeof trainModel>("trainModel", {
        workflowId: workflowIdPrefix + record.runId,
        args,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        ...(searchAttributes ? { searchAttributes: { ConvoyPipeline: [record.pipeline.name], ConvoyStatus: ["running"] } } : {}),
      }),
    );
  }
}
