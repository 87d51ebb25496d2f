/** Gives layers the names Keras would: `conv2d`, `conv2d_1`, `max_pooling2d` …, counted for each network on its own. */
export class LayerNames {
  readonly #counts = new Map<string, number>();

  next(base: string): string {
    const count = this.#counts.get(base) ?? 0;
    this.#counts.set(base, count + 1);
    return count === 0 ? base : `${base}_${count}`;
  }
}
