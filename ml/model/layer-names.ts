/** Gives layers the names Keras would: `conv2d`, `conv2d_1`, `max_pooling2d` …, counted for each network on its own. */
export class LayerNames {
  readonly #counts = new Map<string, number>();

  readonly #taken = new Set<string>();

  next(base: string): string {
    const count = this.#counts.get(base) ?? 0;
    this.#counts.set(base, count + 1);
    const name = count === 0 ? base : `${base}_${count}`;
    return this.#taken.has(name) ? this.next(base) : name;
  }

  /** Keeps names that layers made elsewhere have. */
  take(names: Iterable<string>): void {
    for (const name of names) this.#taken.add(name);
  }
}
