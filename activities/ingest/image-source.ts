import type { Dataset, DatasetReading, IngestParameters } from "../../ml/ingest/schema.ts";
import type { SourceFiles } from "../../storage/source-files.ts";

/** One row of a data set without its pixels. */
export interface ImageSample {
  /** Unique in the data set and the same whatever the order of files. */
  id: string;
  /** Class code, -1 where there is none. */
  label: number;
  part: string;
  group: string;
  columns?: Record<string, string | number | null>;
}

/** Consecutive rows: `pixels` holds [samples.length, height, width, channels] in the dtype, little-endian. */
export interface ImageBatch {
  pixels: Uint8Array;
  samples: ImageSample[];
}

/** A source that was recognized and whose headers were checked; `batches` reads it, once, in bounded memory. */
export interface ImageSource extends Pick<Dataset, "height" | "width" | "channels" | "dtype" | "classes" | "columns"> {
  /** Rows expected, for progress; unreadable ones are among them. */
  rowCount: number;
  batches(): AsyncIterable<ImageBatch>;
  /** Complete when `batches` is at its end. */
  unreadable: Dataset["unreadable"];
  /** Closes what was opened for it. */
  close?: () => Promise<void>;
}

/** What a reader works on. */
export interface ReaderTask {
  files: SourceFiles;
  reading: DatasetReading;
  parameters: IngestParameters;
  /** A folder of this attempt's own. */
  scratchFolder: string;
}
