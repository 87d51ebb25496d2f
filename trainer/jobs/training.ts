import type { CheckpointState } from "../../ml/checkpoint/schema.ts";
import { TrainingDiverged } from "../../ml/errors.ts";
import type { BestEpoch } from "../../ml/train/best-epoch.ts";
import { fullPatience, isExhausted, judgeEpoch, judgePatience, noEpochYet } from "../../ml/train/best-epoch.ts";
import { answersOneClass, collapsedSince, collapseWarning } from "../../ml/train/collapse.ts";
import { epochOrder } from "../../ml/train/epoch-order.ts";
import { firstRate, judgePlateau, learningRateAt, type RateState } from "../../ml/train/learning-rate.ts";
import { probabilitiesOf } from "../../ml/model/probabilities.ts";
import type { ValidationAnswers } from "../../ml/module/definitions.ts";
import { monitorOf, type Monitor } from "../../ml/train/monitor.ts";
import type { EpochRecord, Score } from "../../ml/train/schema.ts";
import type { PartLoss } from "../../ml/model/mean-loss.ts";
import { scorePart } from "../../ml/train/score-part.ts";
import type { TrainJob } from "../../ml/train/trainer-messages.ts";
import type { Variables } from "../../storage/checkpoint-bytes.ts";
import type { BestKey, Checkpoints } from "../../storage/checkpoints.ts";
import type { TrainerContext } from "../context.ts";
import { StopRequested } from "../context.ts";
import type { LoadedData } from "../data/load-data.ts";
import { labelsOf } from "../data/load-data.ts";
import type { Engine, EngineState, RunningTotals } from "../engine/engine.ts";
import { weightsOnly } from "../engine/optimizers.ts";
import { checkFinite } from "../engine/state-check.ts";
import type { Callbacks } from "./callbacks.ts";
import { partLogits } from "./part-logits.ts";

export interface TrainingParts {
  job: TrainJob;
  context: TrainerContext;
  loaded: LoadedData;
  engine: Engine;
  checkpoints: Checkpoints;
  callbacks: Callbacks;
  /** What training makes small, over a whole part. */
  meanLoss: PartLoss | undefined;
  /** Hash of data and parameters. */
  workHash: string;
}

const atStart: CheckpointState = {
  epoch: 0,
  stepInEpoch: 0,
  epochDone: true,
  runningTotals: { lossSum: 0, correct: 0, rows: 0 },
  history: [],
  bestEpoch: noEpochYet,
  stoppedEarly: false,
};

/** One training under way: epochs, validation, checkpoints. Where it stands is all in `state`, so it goes on from any checkpoint. */
export class Training {
  readonly #parts: TrainingParts;
  readonly #stepCount: number;
  readonly #keepsBest: boolean;
  /** Parameters, with what is watched. */
  readonly #watching: TrainJob["train"] & { monitor: Monitor };
  #state: CheckpointState = atStart;
  /** Weights of the best epoch, where they are to be kept. */
  #bestWeights: Variables | null = null;
  #bestKey: string | null = null;
  #savedMs: number;
  #trainedRows = 0;
  #trainedMs = 0;

  constructor(parts: TrainingParts) {
    const { job, loaded, context } = parts;
    this.#parts = parts;
    this.#stepCount = Math.ceil(loaded.parts.train.length / job.train.batchSize);
    this.#keepsBest = job.train.restoreBest && loaded.parts.validation.length > 0;
    this.#watching = { ...job.train, monitor: monitorOf(job.train, job.encoder.trainCounts) };
    this.#savedMs = context.now();
  }

  get state(): CheckpointState {
    return this.#state;
  }

  /** Of the epochs trained here; null where none was. */
  get imagesPerSecond(): number | null {
    return this.#trainedMs === 0 ? null : this.#trainedRows / (this.#trainedMs / 1000);
  }

  /** Goes back to the newest checkpoint that verifies, if there is one. */
  async resume(): Promise<void> {
    const { checkpoints, callbacks, context, engine, job, workHash } = this.#parts;
    const found = await checkpoints.newest(workHash, (key, reason) =>
      context.log("warn", `checkpoint passed over: it ${reason}`, { checkpoint: key }),
    );
    if (found === null) return callbacks.trainBegin(undefined, 0);
    const { checkpoint, key } = found;
    await engine.restore(checkpoint);
    this.#state = withMoreEpochs(checkpoint.state, job.train);
    this.#bestKey = found.best?.key ?? null;
    this.#bestWeights = found.best && weightsOnly(found.best.checkpoint.variables);
    const { epoch, stepInEpoch, epochDone } = this.#state;
    context.report({ checkpoint: key, validation: this.#state.history.at(-1)?.validation ?? null });
    context.log("info", `resumes ${epochDone ? "after" : "in"} epoch ${epoch}${epochDone ? "" : `, step ${stepInEpoch}`}`, {
      checkpoint: key,
      step: checkpoint.step,
    });
    await callbacks.trainBegin(this.#state.callbacks, epochDone ? epoch : epoch - 1);
  }

  /**
   * Trains to the last epoch, or to where it no longer gets better.
   * @throws {StopRequested} with everything done so far in a checkpoint
   * @throws {TrainingDiverged} with the last good checkpoint kept
   */
  async run(): Promise<void> {
    const { job, checkpoints } = this.#parts;
    while (!this.#isFinished()) {
      if (this.#state.epochDone) await this.#beginEpoch();
      try {
        await this.#finishEpoch();
      } catch (error) {
        throw error instanceof TrainingDiverged ? this.#explain(error) : error;
      }
      if (this.#parts.context.stopRequested()) throw new StopRequested(checkpoints.newestKey);
      this.#parts.context.report({ epoch: this.#state.epoch, epochs: job.train.epochs });
    }
  }

  /** The weights to hand on: the best epoch's, or the last's. */
  async finalWeights(): Promise<{ epoch: number; state: EngineState }> {
    const { engine } = this.#parts;
    const best = this.#state.bestEpoch.best;
    if (this.#keepsBest && best !== null && this.#bestWeights !== null && best.epoch !== this.#state.epoch) {
      const state = { step: 0, variables: this.#bestWeights };
      await engine.restore(state);
      return { epoch: best.epoch, state };
    }
    return { epoch: this.#state.epoch, state: await engine.state() };
  }

  /** Tells the callbacks that it is over. */
  async end(): Promise<void> {
    const { epoch, bestEpoch } = this.#state;
    await this.#parts.callbacks.trainEnd(epoch, this.#keepsBest ? (bestEpoch.best?.epoch ?? epoch) : epoch);
  }

  #isFinished(): boolean {
    const { epoch, epochDone, stoppedEarly } = this.#state;
    const { train, untilEpoch = train.epochs } = this.#parts.job;
    return epochDone && (stoppedEarly || epoch >= Math.min(train.epochs, untilEpoch) || this.#isOutOfTime());
  }

  /** Time counts only where no epoch is given to end with. */
  #isOutOfTime(): boolean {
    const { train, untilEpoch } = this.#parts.job;
    if (train.maxMinutes === undefined || untilEpoch !== undefined) return false;
    return (this.#state.trainedMs ?? 0) >= train.maxMinutes * 60_000;
  }

  async #beginEpoch(): Promise<void> {
    const { epoch } = this.#state;
    await this.#parts.callbacks.epochBegin(epoch + 1);
    this.#state = { ...this.#state, epoch: epoch + 1, stepInEpoch: 0, epochDone: false, runningTotals: atStart.runningTotals };
  }

  async #finishEpoch(): Promise<void> {
    const { job, context, callbacks } = this.#parts;
    const { epoch, trainedMs = 0 } = this.#state;
    const began = context.now();
    await this.#trainRest();
    const answers = await this.#validate();
    const validation = answers?.score ?? null;
    const train = meansOf(this.#state.runningTotals);
    const learningRate = this.#rateAt(this.#stepCount - 1);
    const said = await callbacks.epochEnd({
      epoch,
      train,
      validation: answers && { ...answers.score, ...answers },
      learningRate,
    });
    const record = { epoch, train, validation, learningRate, ...oneClassOf(answers), ...said.record };
    const bestEpoch = judgeEpoch(this.#state.bestEpoch, epoch, record, this.#watching.monitor);
    const patience = judgePatience(this.#state.patience ?? fullPatience, epoch, record, this.#watching);
    this.#state = {
      ...this.#state,
      epochDone: true,
      history: [...this.#state.history, record],
      bestEpoch,
      patience,
      rate: judgePlateau(this.#watching, this.#rate, record),
      stoppedEarly: epoch < job.train.epochs && (said.stop || isExhausted(patience, job.train)),
      ...said.state,
      ...(job.train.maxMinutes === undefined ? {} : { trainedMs: trainedMs + context.now() - began }),
    };
    await this.#saveEpoch(bestEpoch);
    context.report({ validation });
    context.log("info", `epoch ${epoch} of ${job.train.epochs} done`, {
      epoch,
      ...train,
      ...(validation === null ? {} : { validation }),
      ...said.record.metrics,
      imagesPerSecond: Math.round(this.imagesPerSecond ?? 0),
    });
    this.#warnOfCollapse();
  }

  #warnOfCollapse(): void {
    const { epoch, history } = this.#state;
    const since = collapsedSince(history);
    // Said once, with the epoch that makes it certain.
    if (since === epoch - 1) this.#parts.context.log("warn", collapseWarning(since), { epoch });
  }

  async #trainRest(): Promise<void> {
    const { job, context, engine, loaded } = this.#parts;
    const { epoch, stepInEpoch, runningTotals } = this.#state;
    this.#report("training", stepInEpoch, runningTotals);
    const began = context.now();
    const rate = ({ rows }: RunningTotals) => (rows - runningTotals.rows) / ((context.now() - began) / 1000);
    const { totals, stoppedAtStep } = await engine.trainEpoch({
      epoch,
      order: epochOrder(loaded.parts.train, job.seed, epoch),
      fromStep: stepInEpoch,
      learningRate: (step) => this.#rateAt(step),
      runningTotals: { ...runningTotals },
      onProgress: async (step, sums) => {
        this.#report("training", step, sums, rate(sums));
        if (context.stopRequested()) return true;
        if (this.#checkpointIsDue()) await this.#saveWithin(step, sums);
        return false;
      },
    });
    this.#trainedRows += totals.rows - runningTotals.rows;
    this.#trainedMs += context.now() - began;
    this.#state = { ...this.#state, stepInEpoch: stoppedAtStep ?? this.#stepCount, runningTotals: totals };
    // Epochs shorter than the engine's reports would never tell their speed.
    this.#report("training", this.#state.stepInEpoch, totals, rate(totals));
    if (stoppedAtStep !== null) await this.#stop();
  }

  /** Scores the whole validation part, and gives the answers; null where there is none. */
  async #validate(): Promise<(ValidationAnswers & { score: Score }) | null> {
    const { job, context, engine, loaded, meanLoss } = this.#parts;
    const rows = loaded.parts.validation;
    if (rows.length === 0) return null;
    this.#report("validating", this.#stepCount, this.#state.runningTotals);
    const logits = await partLogits(engine, rows, () => {
      this.#report("validating", this.#stepCount, this.#state.runningTotals);
      if (context.stopRequested()) throw new StopRequested(null);
    }).catch((error: unknown) => (error instanceof StopRequested ? this.#stop() : Promise.reject(error)));
    const { head, outputs } = engine.network;
    const labels = labelsOf(loaded.data, rows);
    const score = scorePart(
      { head, loss: meanLoss, logits, outputs, labels, classCount: job.dataset.classes.length },
      { needsAuc: this.#watching.monitor === "auc" },
    );
    if (Number.isFinite(score.loss)) {
      const ids = Array.from(rows, (row) => loaded.data.ids[row]!);
      return { score, ids, labels, probabilities: probabilitiesOf(head, logits, outputs) };
    }
    throw new TrainingDiverged(`The validation loss after epoch ${this.#state.epoch} must be finite; received ${score.loss}`);
  }

  get #rate(): RateState {
    return this.#state.rate ?? firstRate(this.#parts.job.train);
  }

  /** @param step within the epoch under way, 0 for the first */
  #rateAt(step: number): number {
    const before = (this.#state.epoch - 1) * this.#stepCount;
    return learningRateAt(this.#parts.job.train, this.#rate, before + step, this.#stepCount);
  }

  #checkpointIsDue(): boolean {
    const { checkpointMinutes } = this.#parts.job.train;
    return checkpointMinutes !== undefined && this.#parts.context.now() - this.#savedMs >= checkpointMinutes * 60_000;
  }

  /** Stores where training stands within an epoch. */
  async #saveWithin(stepInEpoch: number, runningTotals: RunningTotals): Promise<void> {
    this.#state = { ...this.#state, stepInEpoch, runningTotals: { ...runningTotals } };
    await this.#save(await this.#parts.engine.state(), { own: false, key: this.#bestKey });
  }

  async #saveEpoch({ best }: BestEpoch): Promise<void> {
    const engineState = await this.#parts.engine.state();
    const isKept = this.#keepsBest && best?.epoch === this.#state.epoch;
    if (isKept) this.#bestWeights = weightsOnly(engineState.variables);
    const key = await this.#save(engineState, isKept ? { own: true } : { own: false, key: this.#bestKey });
    if (isKept) this.#bestKey = key;
  }

  async #save(engineState: EngineState, best: BestKey): Promise<string> {
    const { checkpoints, context, job, workHash } = this.#parts;
    checkFinite(engineState, `after epoch ${this.#state.epoch}, step ${this.#state.stepInEpoch}`);
    this.#report("checkpointing", this.#state.stepInEpoch, this.#state.runningTotals);
    const checkpoint = {
      workHash,
      keepsBest: this.#keepsBest,
      step: engineState.step,
      state: this.#state,
      variables: engineState.variables,
    };
    const key = await checkpoints.save(checkpoint, { keep: job.train.keepCheckpoints, best });
    this.#savedMs = context.now();
    context.report({ checkpoint: key });
    return key;
  }

  /** Stores what is done, unless a checkpoint has it already, and ends. */
  async #stop(): Promise<never> {
    const key = await this.#save(await this.#parts.engine.state(), { own: false, key: this.#bestKey });
    throw new StopRequested(key);
  }

  #report(phase: "training" | "validating" | "checkpointing", step: number, sums: RunningTotals, imagesPerSecond?: number): void {
    const means = sums.rows === 0 ? { loss: null, accuracy: null } : meansOf(sums);
    this.#parts.context.report({
      phase,
      epoch: this.#state.epoch,
      epochs: this.#parts.job.train.epochs,
      step,
      steps: this.#stepCount,
      ...means,
      ...(imagesPerSecond !== undefined && Number.isFinite(imagesPerSecond) ? { imagesPerSecond } : {}),
    });
  }

  #explain(error: TrainingDiverged): TrainingDiverged {
    const { job, context } = this.#parts;
    const { train } = job;
    const learningRate = this.#rateAt(this.#state.stepInEpoch);
    const last = this.#state.epoch - 1;
    const kept = last === 0 ? "No epoch was finished before" : `The checkpoint after epoch ${last} is kept`;
    return new TrainingDiverged(
      `${error.message} [device=${context.environment["device"]}, learningRate=${learningRate}, batchSize=${train.batchSize}, optimizer=${train.optimizer.name}]. ${kept}`,
      { cause: error },
    );
  }
}

/** A last epoch never counts as stopped early; where epochs were added since, it is no longer the last. */
function withMoreEpochs(state: CheckpointState, train: TrainJob["train"]): CheckpointState {
  const { epoch, epochDone, patience } = state;
  const isStopped = epochDone && epoch < train.epochs && patience !== undefined && isExhausted(patience, train);
  return { ...state, stoppedEarly: state.stoppedEarly || isStopped };
}

function oneClassOf(answers: ValidationAnswers | null): Pick<EpochRecord, "oneClass"> {
  return answers !== null && answersOneClass(answers) ? { oneClass: true } : {};
}

function meansOf({ lossSum, correct, rows }: RunningTotals): { loss: number; accuracy: number } {
  return { loss: lossSum / rows, accuracy: correct / rows };
}
