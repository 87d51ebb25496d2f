import type { Convoy, RunView } from "../../client/types.ts";
import type { FinishedEpoch, StageStatus } from "../../ml/run/schema.ts";

const told = 20;

/**
 * Adds to the first view after a training the epochs that ended since the last heartbeat, from the training's history: a short
 * training ends before its first one.
 */
export class LastEpochs {
  readonly #convoy: Convoy;
  #before: StageStatus | undefined;

  constructor(convoy: Convoy) {
    this.#convoy = convoy;
  }

  async complete(view: RunView): Promise<RunView> {
    const train = view.record.stages.find(({ name }) => name === "train");
    const hasEnded = this.#before === "running" && train?.status === "ran";
    this.#before = train?.status;
    if (!hasEnded) return view;
    const finishedEpochs = await this.#history(view.record.runId);
    if (finishedEpochs.length === 0) return view;
    const epochs = finishedEpochs.at(-1)?.epoch ?? 0;
    return {
      ...view,
      progress: { ...view.progress, train: { done: epochs, total: epochs, unit: "epochs", epochs, finishedEpochs } },
    };
  }

  async #history(runId: string): Promise<FinishedEpoch[]> {
    try {
      const { history } = await this.#convoy.stageResults(runId, "train");
      if (typeof history !== "object" || history === null || !("epochs" in history) || !Array.isArray(history.epochs)) return [];
      const epochs: unknown[] = history.epochs.slice(-told);
      return epochs.filter(isEpoch).map(({ epoch, train: { loss, accuracy } }) => ({ epoch, loss, accuracy }));
    } catch {
      return []; // storage is away: the run goes on all the same, and its summary has the last epoch
    }
  }
}

function isEpoch(value: unknown): value is { epoch: number; train: { loss: number; accuracy: number } } {
  return typeof value === "object" && value !== null && "epoch" in value && "train" in value;
}
