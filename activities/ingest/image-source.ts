import type { Dataset, DatasetReading, IngestParameters } from "../../ml/ingest/schema.ts";
import type { SourceFiles } from "../../storage/source-files.ts";
import type { ReusedMemory } from "../../storage/reused-memory.ts";
import type { OwnReader } from "./own-reader.ts";

/** One row of a data set without its pixels. */
export interface ImageSample {
  /** Unique in the data set and the same whatever the order of files. */
  id: string;
  /** Class code, -1 where there is none. */
  label: number;
  part: string;
  group: string;
  columns?: Record<string, string | number | null>;
  /** Known of an image file once it is decoded. */
  origin?: ImageOrigin;
}

/** What an image file was before it was decoded. */
export interface ImageOrigin {
  /** Before resizing, turned upright. */
  height: number;
  width: number;
  /** As EXIF numbers it, 1 to 8; 1 is upright. */
  orientation: number;
  /** What it is by its bytes, where its name says that it is something else; else "". */
  misnamed: string;
}

/** One file that may be an image: loose, or in an archive. */
export interface ImageEntry {
  /** Path within the source or within its archive; unique, with the archive's name in front where two archives clash. */
  path: string;
  /** The source's file it is, or is in. */
  file: string;
  /** Its name in that archive; null for a loose file. */
  member: string | null;
  /** Why it will not be read, or null. */
  refused: string | null;
  /** Whether a module of the user's own makes the bytes, which then need not be of the kind that the name says. */
  isConverted?: boolean;
  /** @param memory where the bytes may go; the caller gives them back */
  read(memory?: ReusedMemory): Promise<Buffer>;
}

/** An image file and what is known of it. */
export interface ListedImage {
  entry: ImageEntry;
  sample: ImageSample;
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
  /** All rows in order, as far as they are known before any pixel is read. */
  samples(): ImageSample[];
  /** Where rows are image files: all of them in row order, so that several workers can share them. */
  images?: readonly ListedImage[];
  /** Complete when `batches` is at its end. */
  unreadable: Dataset["unreadable"];
  /** Of arrays in a type that is no pixel's: how their values became pixels, for people. */
  pixelsFrom?: string;
  /** Closes what was opened for it. */
  close?: () => Promise<void>;
}

/** What a reader works on. */
export interface ReaderTask {
  files: SourceFiles;
  reading: DatasetReading;
  parameters: IngestParameters;
  reader: OwnReader | null;
  /** A folder of this attempt's own. */
  scratchFolder: string;
}
