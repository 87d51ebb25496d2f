import type { Unfrozen } from "../../ml/model/transfer/transfer-network.ts";
import type { FineTuning } from "../../ml/train/schema.ts";
import type { Engine, EngineState, EpochRequest, RunningTotals } from "./engine.ts";
import { weightsOnly } from "./optimizers.ts";

/**
 * Trains on a frozen base first, then a part of the base too, with a new optimizer. Which of both an epoch belongs to follows from its number
 * alone, so that a resumed training changes over where an undisturbed one does.
 */
export class FineTuningEngine implements Engine {
  readonly #create: (unfrozen: Unfrozen) => Engine;
  readonly #fineTuning: FineTuning;
  #engine: Engine;
  #isFineTuning = false;
  /** Taken over, and not trained upon yet: it may be of either kind of epoch. */
  #restored: EngineState | null = null;

  /** @param create makes an engine of the same network with so much of the base trained */
  constructor(create: (unfrozen: Unfrozen) => Engine, fineTuning: FineTuning) {
    this.#create = create;
    this.#fineTuning = fineTuning;
    this.#engine = create(0);
  }

  get kind() {
    return this.#engine.kind;
  }

  get fallbackReason() {
    return this.#engine.fallbackReason;
  }

  get network() {
    return this.#engine.network;
  }

  async trainEpoch(request: EpochRequest): Promise<{ totals: RunningTotals; stoppedAtStep: number | null }> {
    const { after } = this.#fineTuning;
    if (request.epoch > after && !this.#isFineTuning)
      await this.#changeOver(request.epoch === after + 1 && request.fromStep === 0);
    this.#restored = null;
    return this.#engine.trainEpoch(request);
  }

  async #changeOver(isFirst: boolean): Promise<void> {
    const state = this.#restored ?? (await this.#engine.state());
    this.#engine.dispose();
    this.#engine = this.#create(this.#fineTuning.unfreeze);
    this.#isFineTuning = true;
    await this.#engine.restore(isFirst ? { step: 0, variables: weightsOnly(state.variables) } : state);
  }

  async logits(rows: Int32Array): Promise<Float32Array> {
    return this.#engine.logits(rows);
  }

  async state(): Promise<EngineState> {
    return this.#restored ?? this.#engine.state();
  }

  async restore(state: EngineState): Promise<void> {
    await this.#engine.restore(state);
    this.#restored = state;
  }

  async savedModel(): Promise<Uint8Array> {
    return this.#engine.savedModel();
  }

  dispose(): void {
    this.#engine.dispose();
  }
}
