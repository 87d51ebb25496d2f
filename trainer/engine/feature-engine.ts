import type { Engine, EngineState, EpochRequest, RunningTotals } from "./engine.ts";
import { NotCompilable } from "./graph/recorder.ts";
import type { FeatureCache } from "./feature-cache.ts";
import { ReportClock } from "./report-clock.ts";

/** A frozen base, asked in one padded batch shape. */
export interface FeatureSource {
  readonly batchSize: number;
  readonly fallbackReason: string | null;
  /** @returns `[rows.length, values of an image]` */
  features(rows: Int32Array): Promise<Float32Array>;
  /** Its weights; empty where nobody can ask for them. */
  variables(): Promise<EngineState["variables"]>;
  dispose(): void;
}

export interface FeatureEngineParts {
  /** The network as it is outside of training; null where base and head cannot be put together. */
  whole: Engine | null;
  base: FeatureSource;
  /** Reads features: kept ones, or anew. */
  head: Engine;
  /** Null where each image is asked about once. */
  cache: FeatureCache | null;
}

/**
 * Trains and asks what stands on a frozen base: in training the base sees each image once, and what it makes of it is kept. Features are computed in the batch
 * shape of evaluation, so outputs are those of the whole network, bit for bit.
 */
export class FeatureEngine implements Engine {
  readonly #parts: FeatureEngineParts;
  /** Whether the base is not the one that features are of, but trained on: in a state that fine-tuning left. */
  #isTuned = false;

  constructor(parts: FeatureEngineParts) {
    this.#parts = parts;
  }

  get kind() {
    return this.#parts.head.kind;
  }

  get fallbackReason() {
    return this.#parts.head.fallbackReason ?? this.#parts.base.fallbackReason;
  }

  get network() {
    return (this.#parts.whole ?? this.#parts.head).network;
  }

  async trainEpoch(request: EpochRequest): Promise<{ totals: RunningTotals; stoppedAtStep: number | null }> {
    const { fromStep, runningTotals } = request;
    const isStopped = await this.#fill(request.order, () => request.onProgress(fromStep, { ...runningTotals }));
    if (isStopped) return { totals: { ...runningTotals }, stoppedAtStep: fromStep };
    return this.#parts.head.trainEpoch(request);
  }

  async logits(rows: Int32Array): Promise<Float32Array> {
    if (this.#parts.whole && this.#isTuned) return this.#parts.whole.logits(rows);
    await this.#fill(rows, () => Promise.resolve(false));
    return this.#parts.head.logits(rows);
  }

  async state(): Promise<EngineState> {
    const { whole, base, head } = this.#parts;
    if (whole && this.#isTuned) return whole.state();
    const { step, variables } = await head.state();
    return { step, variables: new Map([...(await base.variables()), ...variables]) };
  }

  async restore(state: EngineState): Promise<void> {
    const { whole, base, head } = this.#parts;
    const own = await base.variables();
    this.#isTuned = [...own].some(([name, { values }]) => !isSame(values, state.variables.get(name)?.values));
    if (whole && this.#isTuned) return whole.restore(state);
    await head.restore({ ...state, variables: new Map([...state.variables].filter(([name]) => !own.has(name))) });
  }

  async savedModel(): Promise<Uint8Array> {
    const { whole } = this.#parts;
    if (!whole) throw new NotCompilable("its base is a SavedModel, which stays a file of its own");
    await whole.restore(await this.state());
    return whole.savedModel();
  }

  dispose(): void {
    const { whole, base, head, cache } = this.#parts;
    for (const part of [whole, base, head]) part?.dispose();
    cache?.close();
  }

  /** Computes features that are missing. @returns whether `onProgress`, asked between batches, said to stop */
  async #fill(rows: Int32Array, onProgress: () => Promise<boolean>): Promise<boolean> {
    const { base, cache } = this.#parts;
    if (!cache) return false;
    const missing = cache.missing(rows);
    const clock = new ReportClock();
    for (let start = 0; start < missing.length; start += base.batchSize) {
      const batch = missing.subarray(start, start + base.batchSize);
      cache.add(batch, await base.features(batch));
      if (await clock.tick(onProgress)) return true;
    }
    return false;
  }
}

function isSame(values: Float32Array, other: Float32Array | undefined): boolean {
  return values.length === other?.length && values.every((value, i) => Object.is(value, other[i]));
}
