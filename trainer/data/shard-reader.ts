import { closeSync, openSync, readSync } from "node:fs";
import { stat } from "node:fs/promises";

import { InvalidData } from "../../ml/errors.ts";
import type { Dataset } from "../../ml/ingest/schema.ts";
import type { ArtifactStore } from "../../storage/artifact-store.ts";
import { checkNpySize, readNpyHeader } from "../../storage/npy.ts";

interface OpenShard {
  firstRow: number;
  rows: number;
  file: number;
  dataOffset: number;
}

/** Random access to the pixels of a data set: verified local copies of its shards, held open; no pixels are kept in memory. */
export class ShardReader {
  readonly #shards: readonly OpenShard[];
  readonly #rowBytes: number;
  readonly #dtype: Dataset["dtype"];

  private constructor(shards: readonly OpenShard[], { height, width, channels, dtype }: Dataset) {
    this.#shards = shards;
    this.#rowBytes = height * width * channels * (dtype === "uint8" ? 1 : 2);
    this.#dtype = dtype;
  }

  /**
   * @param onShard called after each shard that was fetched, with their number so far
   * @throws {InvalidData} if a shard is not of the data set's shape
   * @throws {ArtifactCorrupt} if one is gone or damaged
   */
  static async open(dataset: Dataset, artifacts: ArtifactStore, onShard: (count: number) => void): Promise<ShardReader> {
    const shards: OpenShard[] = [];
    let firstRow = 0;
    for (const { ref, rows } of dataset.shards) {
      const path = await artifacts.localPath(ref);
      const header = await readNpyHeader(path, ref.uri);
      const expected = [rows, dataset.height, dataset.width, dataset.channels];
      const isReadable = header.dtype === dataset.dtype && !header.fortranOrder && header.littleEndian;
      if (!isReadable || header.shape.join() !== expected.join()) {
        throw new InvalidData(
          `Shard ${ref.uri} must be ${dataset.dtype} [${expected.join(", ")}], C order; received ${header.dtype} [${header.shape.join(", ")}]`,
        );
      }
      checkNpySize(header, (await stat(path)).size, ref.uri);
      shards.push({ firstRow, rows, file: openSync(path, "r"), dataOffset: header.dataOffset });
      firstRow += rows;
      onShard(shards.length);
    }
    return new ShardReader(shards, dataset);
  }

  /** Pixels of the given rows in the given order; neighbors in a shard are read at once. */
  read(rows: Int32Array): Uint8Array | Uint16Array {
    const bytes = new Uint8Array(rows.length * this.#rowBytes);
    for (let start = 0; start < rows.length;) {
      const shard = this.#shardOf(rows[start]!);
      let end = start + 1;
      while (end < rows.length && rows[end] === rows[end - 1]! + 1 && rows[end]! < shard.firstRow + shard.rows) end++;
      const position = shard.dataOffset + (rows[start]! - shard.firstRow) * this.#rowBytes;
      readFully(shard.file, bytes.subarray(start * this.#rowBytes, end * this.#rowBytes), position);
      start = end;
    }
    return this.#dtype === "uint8" ? bytes : new Uint16Array(bytes.buffer);
  }

  close(): void {
    for (const { file } of this.#shards) closeSync(file);
  }

  #shardOf(row: number): OpenShard {
    let [low, high] = [0, this.#shards.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#shards[middle]!.firstRow <= row) low = middle;
      else high = middle - 1;
    }
    return this.#shards[low]!;
  }
}

function readFully(file: number, target: Uint8Array, position: number): void {
  for (let done = 0; done < target.byteLength;) {
    const count = readSync(file, target, done, target.byteLength - done, position + done);
    if (count === 0) throw new InvalidData(`A shard ended ${target.byteLength - done} bytes early: its local copy was cut short`);
    done += count;
  }
}
