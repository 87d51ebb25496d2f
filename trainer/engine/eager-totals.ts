import * as tf from "@tensorflow/tfjs";

import type { DeviceTotals, ReadTotals, StepMetrics } from "./device-totals.ts";
import { bitsOf, bitsShape, readTotals, sumsAsBits, totalsAfter, totalsFromBits } from "./device-totals.ts";
import type { RunningTotals } from "./engine.ts";
import type { EpochTotals } from "./epoch-loop.ts";
import { eagerSink } from "./op-sink.ts";

/** An epoch's totals, to which each step is added at once. */
export class EagerTotals implements EpochTotals {
  #held: DeviceTotals<tf.Tensor> | null = null;

  begin(totals: RunningTotals): void {
    this.#hold(() => totalsFromBits(eagerSink, tf.tensor(bitsOf(totals), bitsShape, "int32")));
  }

  /** To be called after `begin`. */
  add(metrics: StepMetrics<tf.Tensor>): void {
    this.#hold(() => totalsAfter(eagerSink, this.#held!, metrics));
  }

  read(): ReadTotals {
    const { sums, loss } = this.#held!;
    const bits = tf.tidy(() => sumsAsBits(eagerSink, sums));
    const read = readTotals(bits.dataSync() as Int32Array, loss.dataSync()[0]!);
    bits.dispose();
    return read;
  }

  dispose(): void {
    tf.dispose({ ...this.#held });
    this.#held = null;
  }

  #hold(compute: () => DeviceTotals<tf.Tensor>): void {
    const next = tf.tidy(() => ({ ...compute() }));
    this.dispose();
    this.#held = next;
  }
}
