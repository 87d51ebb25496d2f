import { InvalidData } from "../../ml/errors.ts";
import type { ArrayPart } from "../../ml/ingest/array-names.ts";
import { pickArrays } from "../../ml/ingest/array-names.ts";
import { arrayParts } from "../../ml/ingest/array-parts.ts";
import { numberedClasses } from "../../ml/ingest/class-codes.ts";
import type { PixelReading } from "../../ml/ingest/pixel-values.ts";
import type { ArrayFile, OpenArrays } from "../../storage/array-files.ts";
import { withArrayFiles } from "../../storage/array-files.ts";
import { findPixelReading, pixelRows } from "./array-pixels.ts";
import type { ImageBatch, ImageSource, ReaderTask } from "./image-source.ts";
import { numberedSamples } from "./numbered-samples.ts";
import { refuseResizing } from "./refuse-resizing.ts";

interface OpenPart extends ArrayPart {
  array: ArrayFile;
  codes: Int32Array;
}

/**
 * Reads npy files and npz archives: images [rows, height, width(, channels)], labels [rows] of whole numbers; arrays of other names are left aside. Images of uint8 and uint16 are taken as
 * they are, those of other types where their values are pixels all the same (`PixelValues` says when); that takes one more reading of them.
 */
export function openArraySource(paths: readonly string[], task: ReaderTask): Promise<ImageSource> {
  return withArrayFiles({ paths, files: task.files, pick: pickArrays }, (opened) => arraySource(opened, task));
}

async function arraySource(
  { arrays, close }: OpenArrays,
  { reading, parameters }: Pick<ReaderTask, "reading" | "parameters">,
): Promise<ImageSource> {
  const { shape, parts } = arrayParts(arrays.map(({ name, header }) => ({ name, ...header })));
  const byName = new Map(arrays.map((array) => [array.name, array]));
  const numbered: { part: ArrayPart; numbers: Int32Array }[] = [];
  for (const part of parts) numbered.push({ part, numbers: await readLabels(find(byName, part.labels)) });
  const { classes, toCodes } = numberedClasses(
    numbered.map(({ numbers }) => numbers),
    reading.classes ?? null,
  );
  const opened = numbered.map(({ part, numbers }): OpenPart => ({
    ...part,
    array: find(byName, part.images),
    codes: toCodes(numbers),
  }));
  refuseResizing(shape, parameters);
  const asPixels = await findPixelReading(opened.map(({ array }) => array));
  return {
    ...shape,
    dtype: asPixels.dtype,
    ...(shape.dtype === asPixels.dtype ? {} : { pixelsFrom: said(shape.dtype, asPixels) }),
    classes,
    columns: [],
    rowCount: opened.reduce((sum, { codes }) => sum + codes.length, 0),
    unreadable: [],
    close,
    samples: () => opened.flatMap((part) => numberedSamples({ firstRow: 0, rows: part.codes.length }, part.codes, part)),
    async *batches() {
      for (const part of opened) yield* readPart(part, asPixels);
    },
  };
}

function said(stored: string, { scale }: PixelReading): string {
  return scale === 1 ? stored : `${stored} × ${scale}`;
}

function find(byName: ReadonlyMap<string, ArrayFile>, name: string): ArrayFile {
  const array = byName.get(name);
  if (!array) throw new InvalidData(`${name} was paired but is not among the arrays`);
  return array;
}

async function readLabels(labels: ArrayFile): Promise<Int32Array> {
  const { data } = await labels.decode();
  const codes = Int32Array.from(data as ArrayLike<number | bigint>, Number);
  const wrong = codes.findIndex((code) => code < 0 || code > 65_535);
  if (wrong >= 0)
    throw new InvalidData(
      `${labels.name}: labels are whole numbers from 0 to 65,535; received ${data[wrong]} in row ${wrong}. Leave out rows without a class`,
    );
  return codes;
}

async function* readPart({ array, codes, part, prefix }: OpenPart, reading: PixelReading): AsyncIterable<ImageBatch> {
  for await (const { pixels, ...found } of pixelRows(array, reading)) {
    yield { pixels, samples: numberedSamples(found, codes, { part, prefix }) };
  }
}
