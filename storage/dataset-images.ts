import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";

import { InvalidData } from "../ml/errors.ts";
import type { Dataset } from "../ml/ingest/schema.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { checkNpySize, readNpyHeader } from "./npy.ts";

/** Images of consecutive rows; shape [rows, height, width, channels], flattened. */
export interface ImageBlock {
  firstRow: number;
  rows: number;
  images: Uint8Array | Uint16Array;
}

/** Bytes read at once: a shard may be larger than memory is. */
const blockBytes = 16 * 1024 * 1024;

/** Walks through all images of a data set in row order, a block at a time, whatever the size of its shards. */
export async function* imageBlocks(dataset: Dataset, artifacts: ArtifactStore, signal?: AbortSignal): AsyncGenerator<ImageBlock> {
  const step = Math.max(1, Math.floor(blockBytes / imageBytes(dataset)));
  let firstRow = 0;
  for (const [number, { rows }] of dataset.shards.entries()) {
    const shard = await openShard(dataset, artifacts, number);
    try {
      for (let start = 0; start < rows; start += step) {
        signal?.throwIfAborted();
        const count = Math.min(step, rows - start);
        yield { firstRow: firstRow + start, rows: count, images: await shard.read(start, count) };
      }
    } finally {
      await shard.file.close();
    }
    firstRow += rows;
  }
}

/** The images of some rows, by row; shape [height, width, channels] each. Reads nothing else. */
export async function readImages(
  dataset: Dataset,
  artifacts: ArtifactStore,
  rows: Iterable<number>,
): Promise<Map<number, Uint8Array | Uint16Array>> {
  const wanted = [...new Set(rows)].sort((a, b) => a - b);
  const images = new Map<number, Uint8Array | Uint16Array>();
  let firstRow = 0;
  for (const [number, shard] of dataset.shards.entries()) {
    const own = wanted.filter((row) => row >= firstRow && row < firstRow + shard.rows);
    if (own.length > 0) {
      const { file, read } = await openShard(dataset, artifacts, number);
      try {
        for (const row of own) images.set(row, await read(row - firstRow, 1));
      } finally {
        await file.close();
      }
    }
    firstRow += shard.rows;
  }
  return images;
}

interface OpenShard {
  file: FileHandle;
  /** Images from a row of the shard on. */
  read: (start: number, count: number) => Promise<Uint8Array | Uint16Array>;
}

/** @throws {InvalidData} if the shard is not of the data set's shape and type */
async function openShard(dataset: Dataset, artifacts: ArtifactStore, number: number): Promise<OpenShard> {
  const { ref, rows } = dataset.shards[number] ?? { ref: null, rows: 0 };
  if (ref === null) throw new InvalidData(`The data set has ${dataset.shards.length} shards; asked for number ${number}`);
  const path = await artifacts.localPath(ref);
  const header = await readNpyHeader(path, ref.uri);
  const expected = [rows, dataset.height, dataset.width, dataset.channels];
  if (header.dtype !== dataset.dtype || header.fortranOrder || !header.littleEndian || header.shape.join() !== expected.join()) {
    throw new InvalidData(
      `Shard ${ref.uri} must be ${dataset.dtype} [${expected.join(", ")}], C order; received ${header.dtype} [${header.shape.join(", ")}]`,
    );
  }
  checkNpySize(header, ref.sizeBytes, ref.uri);
  const file = await open(path);
  const size = imageBytes(dataset);
  const read = async (start: number, count: number) => {
    const bytes = new Uint8Array(count * size);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, header.dataOffset + start * size);
    if (bytesRead !== bytes.length)
      throw new InvalidData(`Shard ${ref.uri} ends after ${bytesRead} of ${bytes.length} bytes at row ${start}`);
    return dataset.dtype === "uint8" ? bytes : new Uint16Array(bytes.buffer);
  };
  return { file, read };
}

function imageBytes({ height, width, channels, dtype }: Dataset): number {
  return height * width * channels * (dtype === "uint8" ? 1 : 2);
}
