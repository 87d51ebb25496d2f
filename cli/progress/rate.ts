/** How fast something goes and how long it will take, from what was seen in the last seconds. */
export class Rate {
  #samples: { atMs: number; done: number }[] = [];
  readonly #windowMs: number;

  constructor(windowMs = 15_000) {
    this.#windowMs = windowMs;
  }

  /** Notes where it stands; going backwards (a new attempt, the next phase) starts over. */
  note(done: number, atMs: number): void {
    const last = this.#samples.at(-1);
    if (last && done < last.done) this.#samples = [];
    this.#samples.push({ atMs, done });
    while (this.#samples.length > 2 && atMs - (this.#samples[0]?.atMs ?? 0) > this.#windowMs) this.#samples.shift();
  }

  /** Units a second; undefined until it can be told. */
  perSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.atMs - first.atMs < 500 || last.done <= first.done) return undefined;
    return ((last.done - first.done) * 1000) / (last.atMs - first.atMs);
  }

  /** Seconds until `remaining` more are done. */
  secondsFor(remaining: number): number | undefined {
    const rate = this.perSecond();
    return rate === undefined ? undefined : remaining / rate;
  }
}
