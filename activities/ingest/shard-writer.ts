import { createHash } from "node:crypto";

import { mediaTypes } from "../../ml/artifact.ts";
import type { Dataset, Samples } from "../../ml/ingest/schema.ts";
import type { ArtifactStore } from "../../storage/artifact-store.ts";
import { encodeNpy } from "../../storage/npy.ts";
import type { ImageBatch, ImageOrigin, ImageSource } from "./image-source.ts";

/** Large images make short shards: a worker holds two of them. */
const largestShardBytes = 64 * 1024 * 1024;

/**
 * Cuts a stream of rows into stored shards and collects the samples. Holds one shard that fills and one that is stored meanwhile.
 */
export class ShardWriter {
  readonly samples: Samples = { id: [], label: new Int32Array(0), part: [], group: [], sha256: [], columns: {} };
  readonly shards: Dataset["shards"] = [];
  readonly #artifacts: ArtifactStore;
  readonly #source: ImageSource;
  readonly #rowBytes: number;
  readonly #shardRows: number;
  readonly #labels: number[] = [];
  readonly #origins: ImageOrigin[] = [];
  #pixels: Uint8Array;
  #rows = 0;
  #storing: Promise<void> = Promise.resolve();

  constructor(artifacts: ArtifactStore, source: ImageSource, shardRows: number) {
    this.#artifacts = artifacts;
    this.#source = source;
    this.#rowBytes = source.height * source.width * source.channels * (source.dtype === "uint16" ? 2 : 1);
    this.#shardRows = Math.max(1, Math.min(shardRows, Math.floor(largestShardBytes / this.#rowBytes)));
    this.#pixels = this.#emptyShard();
    for (const { name } of source.columns) this.samples.columns[name] = [];
  }

  get rowCount(): number {
    return this.#labels.length;
  }

  async add({ pixels, samples }: ImageBatch): Promise<void> {
    for (const [index, sample] of samples.entries()) {
      const row = pixels.subarray(index * this.#rowBytes, (index + 1) * this.#rowBytes);
      this.#pixels.set(row, this.#rows * this.#rowBytes);
      this.#rows++;
      this.samples.id.push(sample.id);
      this.#labels.push(sample.label);
      if (sample.origin) this.#origins.push(sample.origin);
      this.samples.part.push(sample.part);
      this.samples.group.push(sample.group);
      this.samples.sha256.push(createHash("sha256").update(row).digest("hex"));
      for (const { name } of this.#source.columns) this.samples.columns[name]?.push(sample.columns?.[name] ?? null);
      if (this.#rows === this.#shardRows) await this.#store();
    }
  }

  /** Stores what is left; after it, `shards` and `samples` are complete. */
  async finish(): Promise<void> {
    if (this.#rows > 0) await this.#store();
    await this.#storing;
    this.samples.label = Int32Array.from(this.#labels);
    // A source's rows are image files, all of them, or none is.
    if (this.#origins.length === 0) return;
    this.samples.sourceSizes = {
      heights: Int32Array.from(this.#origins, ({ height }) => height),
      widths: Int32Array.from(this.#origins, ({ width }) => width),
    };
    this.samples.sourceFiles = {
      orientations: Int32Array.from(this.#origins, ({ orientation }) => orientation),
      misnamed: this.#origins.map(({ misnamed }) => misnamed),
    };
  }

  async #store(): Promise<void> {
    const rows = this.#rows;
    const bytes = this.#encode(this.#pixels.subarray(0, rows * this.#rowBytes), rows);
    this.#pixels = this.#emptyShard();
    this.#rows = 0;
    await this.#storing;
    this.#storing = this.#put(bytes, rows);
    // A failure is thrown by the next await; until then it must not count as unhandled.
    this.#storing.catch(() => {});
  }

  async #put(bytes: Buffer, rows: number): Promise<void> {
    const ref = await this.#artifacts.put(bytes, mediaTypes.npy);
    await this.#artifacts.keepLocal(ref, bytes);
    this.shards.push({ ref, rows });
  }

  #encode(pixels: Uint8Array, rows: number): Buffer {
    const { height, width, channels, dtype } = this.#source;
    const shape = [rows, height, width, channels];
    if (dtype === "uint8") return encodeNpy({ dtype, shape, data: pixels });
    return encodeNpy({ dtype, shape, data: new Uint16Array(pixels.buffer, pixels.byteOffset, pixels.byteLength / 2) });
  }

  #emptyShard(): Uint8Array {
    const expected = Math.min(this.#shardRows, Math.max(1, this.#source.rowCount - this.rowCount));
    return new Uint8Array(expected * this.#rowBytes);
  }
}
