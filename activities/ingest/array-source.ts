import { InvalidData } from "../../ml/errors.ts";
import type { ArrayPart } from "../../ml/ingest/array-names.ts";
import { pairArrays } from "../../ml/ingest/array-names.ts";
import { numberedClasses } from "../../ml/ingest/class-codes.ts";
import type { ArrayFile, OpenArrays } from "./array-files.ts";
import { withArrayFiles } from "./array-files.ts";
import type { ImageBatch, ImageSource, ReaderTask } from "./image-source.ts";
import { numberedSamples } from "./numbered-samples.ts";
import { refuseResizing } from "./refuse-resizing.ts";
import { wholeRows } from "./whole-rows.ts";

const largestImageBytes = 64 * 1024 * 1024;
const largestLabelBytes = 1024 * 1024 * 1024;
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
  const byName = new Map(arrays.map((array) => [array.name, array]));
  const parts = pairArrays([...byName.keys()]);
  if (parts.length === 0) {
    throw new InvalidData(
      `None of the arrays holds images by its name: ${[...byName.keys()].join(", ")}; name them as images and labels, or x_train, y_train, x_test, y_test`,
    );
  }
  const opened: OpenPart[] = [];
  for (const part of parts) {
    const array = find(byName, part.images);
    opened.push({ ...part, array, codes: await readLabels(find(byName, part.labels), array) });
  }
  const [shape] = opened.map(({ array }) => imageShape(array));
  if (!shape) throw new InvalidData("no part was opened");
  for (const { array } of opened) refuseOther(imageShape(array), shape, array.name);
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

type Shape = Pick<ImageSource, "height" | "width" | "channels" | "dtype">;

function imageShape({ name, header }: ArrayFile): Shape {
  const { dtype, shape, itemBytes } = header;
  if (dtype !== "uint8" && dtype !== "uint16") {
    throw new InvalidData(
      `${name}: images are uint8 or uint16; received ${dtype}. Multiply values from 0 to 1 by 255 and save them as uint8`,
    );
  }
  const [rows = 0, height = 0, width = 0, channels = 1] = shape;
  if (shape.length < 3 || shape.length > 4 || rows * height * width * channels === 0) {
    throw new InvalidData(
      `${name}: images are [rows, height, width] or [rows, height, width, channels]; received [${shape.join(", ")}]`,
    );
  }
  const imageBytes = height * width * channels * itemBytes;
  if (imageBytes > largestImageBytes)
    throw new InvalidData(`${name}: images of ${imageBytes} bytes; at most ${largestImageBytes} are read`);
  return { height, width, channels, dtype };
}

function refuseOther(shape: Shape, first: Shape, name: string): void {
  const say = ({ height, width, channels, dtype }: Shape) => `${dtype} ${height}×${width}×${channels}`;
  if (say(shape) !== say(first))
    throw new InvalidData(`${name} holds images of ${say(shape)}, another part ${say(first)}; a data set has one`);
}

async function readLabels(labels: ArrayFile, images: ArrayFile): Promise<Int32Array> {
  const { name, header } = labels;
  const [rows = 0, ...rest] = header.shape;
  if (!/^u?int/.test(header.dtype) || rest.some((length) => length !== 1)) {
    throw new InvalidData(`${name}: labels are one integer a row; received ${header.dtype} [${header.shape.join(", ")}]`);
  }
  if (rows !== images.header.shape[0]) {
    throw new InvalidData(
      `${name} holds ${rows} labels and ${images.name} holds ${images.header.shape[0]} images; there must be one label for each`,
    );
  }
  if (rows * header.itemBytes > largestLabelBytes) throw new InvalidData(`${name}: ${rows} labels are more than fit into memory`);
  const { data } = await labels.decode();
  const codes = Int32Array.from(data as ArrayLike<number | bigint>, Number);
  const wrong = codes.findIndex((code) => code < 0 || code > 65_535);
  if (wrong >= 0) throw new InvalidData(`${name}: labels are class codes from 0 on; received ${data[wrong]} in row ${wrong}`);
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
