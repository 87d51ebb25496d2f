import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Features of images by row, in a file without a name: it takes no memory but what the system has to spare, and is gone with the process,
 * however that ends.
 */
export class FeatureCache {
  readonly #file: number;
  readonly #rowBytes: number;
  /** Place of each row in the file; -1 where it has none yet. */
  readonly #places: Int32Array;
  #count = 0;

  /** @param width values of a row */
  constructor(rowCount: number, width: number) {
    this.#rowBytes = 4 * width;
    this.#places = new Int32Array(rowCount).fill(-1);
    const folder = mkdtempSync(join(tmpdir(), "convoy-features-"));
    try {
      this.#file = openSync(join(folder, "features"), "wx+");
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  missing(rows: Int32Array): Int32Array {
    return rows.filter((row) => this.#places[row] === -1);
  }

  /** @param features `[rows.length, width]` */
  add(rows: Int32Array, features: Float32Array): void {
    const bytes = new Uint8Array(features.buffer, features.byteOffset, features.byteLength);
    let written = 0;
    while (written < bytes.length)
      written += writeSync(this.#file, bytes, written, bytes.length - written, this.#count * this.#rowBytes + written);
    for (const row of rows) this.#places[row] = this.#count++;
  }

  /** @returns bytes of `[rows.length, width]` float32; all of them must have been added */
  read(rows: Int32Array): Uint8Array {
    const bytes = new Uint8Array(rows.length * this.#rowBytes);
    for (const [i, row] of rows.entries()) {
      const [from, place] = [i * this.#rowBytes, this.#places[row]! * this.#rowBytes];
      for (let read = 0; read < this.#rowBytes;) {
        const count = readSync(this.#file, bytes, from + read, this.#rowBytes - read, place + read);
        if (count === 0) throw new RangeError(`Features of row ${row} were asked for before they were computed`);
        read += count;
      }
    }
    return bytes;
  }

  close(): void {
    closeSync(this.#file);
  }
}
