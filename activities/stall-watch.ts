import type { TrainerProgress } from "../ml/train/trainer-messages.ts";

type Phase = TrainerProgress["phase"];

const [minute, tickMs] = [60_000, 1000];

/**
 * How long a trainer may say nothing, by phase, in ms. Messages come four times a second while it trains, so these are for a hung device
 * or disk, not for slow work; the first compilation on a new GPU generation may take half an hour without a word.
 */
export const stallLimitsMs: Readonly<Record<Phase, number>> = {
  starting: 10 * minute,
  loading: 60 * minute,
  compiling: 45 * minute,
  training: 20 * minute,
  validating: 20 * minute,
  checkpointing: 30 * minute,
  evaluating: 30 * minute,
  finishing: 30 * minute,
};

/** Notices a trainer that lives but does nothing. Time in which this process did not run itself (sleep, SIGSTOP) does not count. */
export class StallWatch {
  readonly #limits: Readonly<Record<Phase, number>>;
  readonly #timer: NodeJS.Timeout;
  #phase: Phase = "starting";
  #quietMs = 0;
  #tickedAt = performance.now();

  constructor(limits: Readonly<Record<Phase, number>>, onStall: (seconds: number) => void) {
    this.#limits = limits;
    const everyMs = Math.min(tickMs, ...Object.values(limits).map((limit) => limit / 4));
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#quietMs += Math.min(now - this.#tickedAt, 2 * everyMs);
      this.#tickedAt = now;
      if (this.#quietMs < this.#limits[this.#phase]) return;
      this.stop();
      onStall(this.#quietMs / 1000);
    }, everyMs);
  }

  /** A sign of life. */
  heard(phase: Phase = this.#phase): void {
    this.#phase = phase;
    this.#quietMs = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
