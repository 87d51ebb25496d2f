import { EagerEngine } from "./eager-engine.ts";
import type { EngineContext } from "./engine-context.ts";
import type { Engine, EngineState, EpochRequest, RunningTotals } from "./engine.ts";
import { GraphEngine } from "./graph-engine.ts";
import { NotCompilable } from "./graph/recorder.ts";

/** Compiles where it can; else goes on op by op from the same state, with the reason. */
export class AutoEngine implements Engine {
  readonly #context: EngineContext;
  #engine: Engine;

  constructor(context: EngineContext) {
    this.#context = context;
    this.#engine = new GraphEngine(context);
  }

  get kind() {
    return this.#engine.kind;
  }

  get fallbackReason() {
    return this.#engine.fallbackReason;
  }

  get network() {
    return this.#context.description;
  }

  async trainEpoch(request: EpochRequest): Promise<{ totals: RunningTotals; stoppedAtStep: number | null }> {
    return this.#withFallback((engine) => engine.trainEpoch(request));
  }

  async logits(rows: Int32Array): Promise<Float32Array> {
    return this.#withFallback((engine) => engine.logits(rows));
  }

  async state(): Promise<EngineState> {
    return this.#engine.state();
  }

  async restore(state: EngineState): Promise<void> {
    return this.#engine.restore(state);
  }

  async savedModel(): Promise<Uint8Array> {
    return this.#engine.savedModel();
  }

  dispose(): void {
    this.#engine.dispose();
  }

  async #withFallback<T>(run: (engine: Engine) => Promise<T>): Promise<T> {
    try {
      return await run(this.#engine);
    } catch (error) {
      if (!(error instanceof NotCompilable)) throw error;
      const state = await this.#engine.state();
      if (this.#engine instanceof GraphEngine) this.#engine.release();
      this.#engine = new EagerEngine(this.#context, error.message);
      await this.#engine.restore(state);
      return run(this.#engine);
    }
  }
}
