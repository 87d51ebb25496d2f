import { InvalidData } from "../../ml/errors.ts";
import type { ArrayPart } from "../../ml/ingest/array-names.ts";
import { arrayParts } from "../../ml/ingest/array-parts.ts";
import { numberedClasses } from "../../ml/ingest/class-codes.ts";
import type { ArrayFile, OpenArrays } from "../../storage/array-files.ts";
import { withArrayFiles } from "../../storage/array-files.ts";
import type { ImageBatch, ImageSource, ReaderTask } from "./image-source.ts";
import { numberedSamples } from "./numbered-samples.ts";
import { refuseResizing } from "./refuse-resizing.ts";
import { wholeRows } from "./whole-rows.ts";

/** Arrays with the first index fastest must be turned in memory. */
const largestFortranBytes = 2 * 1024 * 1024 * 1024;

interface OpenPart extends ArrayPart {
  array: ArrayFile;
  codes: Int32Array;
}

/** Reads npy files and npz archives: images [rows, height, width(, channels)] of uint8 or uint16, labels [rows] of integers. */
export function openArraySource(paths: readonly string[], task: ReaderTask): Promise<ImageSource> {
  return withArrayFiles(paths, task.files, (opened) => arraySource(opened, task));
}

async function arraySource(
  { arrays, close }: OpenArrays,
  { reading, parameters }: Pick<ReaderTask, "reading" | "parameters">,
): Promise<ImageSource> {
  const { shape, parts } = arrayParts(arrays.map(({ name, header }) => ({ name, ...header })));
  const byName = new Map(arrays.map((array) => [array.name, array]));
  const opened: OpenPart[] = [];
  for (const part of parts) {
    opened.push({ ...part, array: find(byName, part.images), codes: await readLabels(find(byName, part.labels)) });
  }
  refuseResizing(shape, parameters);
  return {
    ...shape,
    classes: numberedClasses(
      opened.map(({ codes }) => codes),
      reading.classes ?? null,
    ),
    columns: [],
    rowCount: opened.reduce((sum, { codes }) => sum + codes.length, 0),
    unreadable: [],
    close,
    samples: () => opened.flatMap(({ codes, ...part }) => numberedSamples({ firstRow: 0, rows: codes.length }, codes, part)),
    async *batches() {
      for (const part of opened) yield* readPart(part);
    },
  };
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
    throw new InvalidData(`${labels.name}: labels are class codes from 0 on; received ${data[wrong]} in row ${wrong}`);
  return codes;
}

async function* readPart({ array, codes, part, prefix }: OpenPart): AsyncIterable<ImageBatch> {
  const { name, header } = array;
  const [rows = 0, ...imageLengths] = header.shape;
  const rowBytes = imageLengths.reduce((total, length) => total * length, header.itemBytes);
  if (header.fortranOrder) {
    if (rows * rowBytes > largestFortranBytes) throw new InvalidData(`${name}: too large for Fortran order; save it in C order`);
    const { data } = await array.decode();
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    yield { pixels, samples: numberedSamples({ firstRow: 0, rows }, codes, { part, prefix }) };
    return;
  }
  for await (const found of wholeRows(array.chunks(), { name, rows, rowBytes, dataOffset: header.dataOffset })) {
    const pixels = header.littleEndian || header.itemBytes === 1 ? found.bytes : Buffer.from(found.bytes).swap16();
    yield { pixels, samples: numberedSamples(found, codes, { part, prefix }) };
  }
}
