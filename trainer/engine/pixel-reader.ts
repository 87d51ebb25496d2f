import type { EngineData } from "./engine.ts";

/** Reads batches of pixels one ahead, so that reading and computing overlap. */
export class PixelReader {
  readonly #data: EngineData;
  #ahead: { rows: Int32Array; pixels: Promise<Uint8Array | Uint16Array> } | null = null;

  constructor(data: EngineData) {
    this.#data = data;
  }

  /** @param upcoming rows of the next call; they are only read ahead, and only used if the next call asks for them */
  async read(rows: Int32Array, upcoming: Int32Array | null): Promise<Uint8Array | Uint16Array> {
    const pixels = await (this.#ahead !== null && equalRows(this.#ahead.rows, rows) ? this.#ahead.pixels : this.#data.read(rows));
    this.#ahead = upcoming === null ? null : { rows: upcoming, pixels: this.#data.read(upcoming) };
    this.#ahead?.pixels.catch(() => {
      // Whoever asks for these rows gets the error; nobody may.
    });
    return pixels;
  }
}

function equalRows(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((row, index) => row === b[index]);
}
