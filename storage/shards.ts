import type { Dataset } from "../ml/ingest/schema.ts";
import { InvalidData } from "../ml/errors.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { readNpy } from "./npy.ts";

/** Stored pixels of consecutive rows, [rows, height, width, channels]. */
export interface Shard {
  firstRow: number;
  rows: number;
  pixels: Uint8Array | Uint16Array;
}

/** A data set's shards in row order, one in memory at a time. */
export async function* readShards(artifacts: ArtifactStore, dataset: Dataset): AsyncIterable<Shard> {
  let firstRow = 0;
  for (const { ref, rows } of dataset.shards) {
    const { data, dtype, shape } = await readNpy(await artifacts.localPath(ref));
    const expected = [rows, dataset.height, dataset.width, dataset.channels];
    if (dtype !== dataset.dtype || shape.join() !== expected.join()) {
      throw new InvalidData(
        `Shard ${ref.uri} holds ${dtype} [${shape.join(", ")}]; the data set says ${dataset.dtype} [${expected.join(", ")}]`,
      );
    }
    yield { firstRow, rows, pixels: data as Uint8Array | Uint16Array };
    firstRow += rows;
  }
}
