import type { Predictor } from "../activities/predictor.ts";

interface Entry {
  pixels: Uint8Array;
  rows: number;
  resolve: (probabilities: Float32Array) => void;
  reject: (error: unknown) => void;
}

export interface BatcherOptions {
  classCount: number;
  /** Told of each batch: rows in it, and how long it took. */
  onBatch: (rows: number, seconds: number) => void;
}

/**
 * Puts requests that come at the same time into the batches that a model computes anyway. Nobody waits for company: a batch starts as soon
 * as the one before is done, with all that has come meanwhile.
 */
export class MicroBatcher {
  readonly #predictor: Pick<Predictor, "batchSize" | "predict">;
  readonly #options: BatcherOptions;
  readonly #queue: Entry[] = [];
  #working: Promise<void> | null = null;

  constructor(predictor: Pick<Predictor, "batchSize" | "predict">, options: BatcherOptions) {
    this.#predictor = predictor;
    this.#options = options;
  }

  /**
   * @param pixels `[rows, height, width, channels]`, any number of rows
   * @returns `[rows, classes]`
   */
  async predict(pixels: Uint8Array, rows: number): Promise<Float32Array> {
    const rowBytes = pixels.byteLength / rows;
    const { batchSize } = this.#predictor;
    const answers: Promise<Float32Array>[] = [];
    for (let start = 0; start < rows; start += batchSize) {
      const end = Math.min(rows, start + batchSize);
      answers.push(this.#enqueue(pixels.subarray(start * rowBytes, end * rowBytes), end - start));
    }
    if (answers.length === 1 && answers[0]) return answers[0];
    const all = new Float32Array(rows * this.#options.classCount);
    let offset = 0;
    for (const part of await Promise.all(answers)) {
      all.set(part, offset);
      offset += part.length;
    }
    return all;
  }

  /** Resolves when everything asked so far is answered. */
  async drained(): Promise<void> {
    await this.#working;
  }

  #enqueue(pixels: Uint8Array, rows: number): Promise<Float32Array> {
    const answer = new Promise<Float32Array>((resolve, reject) => this.#queue.push({ pixels, rows, resolve, reject }));
    this.#working ??= this.#work();
    return answer;
  }

  async #work(): Promise<void> {
    // What arrives in the same turn of the loop goes together.
    await Promise.resolve();
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) await this.#compute(batch);
    this.#working = null;
  }

  #take(): Entry[] {
    const batch: Entry[] = [];
    let room = this.#predictor.batchSize;
    for (let next = this.#queue[0]; next && next.rows <= room; next = this.#queue[0]) {
      room -= next.rows;
      batch.push(next);
      this.#queue.shift();
    }
    return batch;
  }

  async #compute(batch: readonly Entry[]): Promise<void> {
    const rows = batch.reduce((sum, entry) => sum + entry.rows, 0);
    const began = performance.now();
    try {
      const probabilities = await this.#predictor.predict(Buffer.concat(batch.map(({ pixels }) => pixels)), rows);
      let row = 0;
      for (const entry of batch) {
        const { classCount } = this.#options;
        entry.resolve(probabilities.subarray(row * classCount, (row + entry.rows) * classCount));
        row += entry.rows;
      }
      this.#options.onBatch(rows, (performance.now() - began) / 1000);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
