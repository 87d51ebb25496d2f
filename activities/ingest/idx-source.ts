import { stat } from "node:fs/promises";

import { InvalidData } from "../../ml/errors.ts";
import { numberedClasses } from "../../ml/ingest/class-codes.ts";
import type { IdxHeader } from "../../ml/ingest/idx-format.ts";
import { idxHeaderBytes, parseIdxHeader } from "../../ml/ingest/idx-format.ts";
import type { IdxPart } from "../../ml/ingest/recognize-source.ts";
import { firstBytes, openBytes } from "../../storage/open-bytes.ts";
import type { SourceFiles } from "../../storage/source-files.ts";
import type { ImageBatch, ImageSource, ReaderTask } from "./image-source.ts";
import { numberedSamples } from "./numbered-samples.ts";
import { refuseResizing } from "./refuse-resizing.ts";
import { wholeRows } from "./whole-rows.ts";

/** deflate cannot do better: 258 bytes by two bits. A gz file that claims more is lying. */
const largestGzipRatio = 1032;
const largestImageBytes = 64 * 1024 * 1024;

interface OpenPart extends IdxPart {
  path: string;
  shape: readonly number[];
  dataOffset: number;
  labelNumbers: Uint8Array;
}

/** Reads idx files, plain or gz. Ids are `<part>/<row>`; labels are numbers. */
export async function openIdxSource(parts: readonly IdxPart[], { files, reading, parameters }: ReaderTask): Promise<ImageSource> {
  const opened: OpenPart[] = [];
  for (const part of parts) opened.push(await openPart(part, files));
  const { classes, toCodes } = numberedClasses(
    opened.map(({ labelNumbers }) => labelNumbers),
    reading.classes ?? null,
  );
  const labelled = opened.map((part) => ({ ...part, labelCodes: toCodes(part.labelNumbers) }));
  refuseResizing(commonSize(opened), parameters);
  return {
    ...commonSize(opened),
    dtype: "uint8",
    classes,
    columns: [],
    rowCount: opened.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0),
    unreadable: [],
    samples: () =>
      labelled.flatMap(({ labelCodes, ...part }) => numberedSamples({ firstRow: 0, rows: labelCodes.length }, labelCodes, part)),
    async *batches() {
      for (const part of labelled) yield* readImages(part);
    },
  };
}

function commonSize(parts: readonly OpenPart[]): { height: number; width: number; channels: number } {
  const sizes = parts.map(({ shape: [, height = 0, width = 0, channels = 1] }) => ({ height, width, channels }));
  const [first = { height: 0, width: 0, channels: 1 }] = sizes;
  const say = ({ height, width, channels }: typeof first) => `${height}×${width}×${channels}`;
  for (const [index, size] of sizes.entries()) {
    if (say(size) === say(first)) continue;
    throw new InvalidData(
      `${parts[index]?.images} holds images of ${say(size)}, ${parts[0]?.images} of ${say(first)}; a data set has one size`,
    );
  }
  return first;
}

async function openPart(part: IdxPart, files: SourceFiles): Promise<OpenPart> {
  const [path, labelsPath] = [await files.localPath(part.images), await files.localPath(part.labels)];
  const { shape, dataOffset } = parseIdxHeader(await firstBytes(path, part.images, idxHeaderBytes), part.images, [3, 4]);
  await checkClaim(path, part.images, shape, dataOffset);
  const labels = parseIdxHeader(await firstBytes(labelsPath, part.labels, idxHeaderBytes), part.labels, [1]);
  if (labels.shape[0] !== shape[0]) {
    throw new InvalidData(
      `${part.labels} holds ${labels.shape[0]} labels and ${part.images} holds ${shape[0]} images; there must be one label for each. ` +
        `The two files do not belong together: fetch both again`,
    );
  }
  await checkClaim(labelsPath, part.labels, labels.shape, labels.dataOffset);
  return { ...part, path, shape, dataOffset, labelNumbers: await readLabels(labelsPath, part.labels, labels) };
}

/** Refuses a header that claims more than its file can hold, before memory is taken. */
async function checkClaim(path: string, name: string, shape: readonly number[], dataOffset: number): Promise<void> {
  const claimed = shape.reduce((total, length) => total * length, 1);
  const { size } = await stat(path);
  const holds = name.endsWith(".gz") ? size * largestGzipRatio : size - dataOffset;
  if (claimed > holds) {
    throw new InvalidData(
      `${name}: the shape [${shape.join(", ")}] needs ${claimed} bytes, more than a file of ${size} bytes can hold; it is damaged or cut short: fetch it again`,
    );
  }
  const imageBytes = claimed / (shape[0] ?? 1);
  if (imageBytes > largestImageBytes)
    throw new InvalidData(`${name}: images of ${imageBytes} bytes; at most ${largestImageBytes} are read`);
}

async function readLabels(path: string, name: string, { shape, dataOffset }: IdxHeader): Promise<Uint8Array> {
  const numbers = new Uint8Array(shape[0] ?? 0);
  for await (const { firstRow, bytes } of wholeRows(openBytes(path, name), {
    name,
    rows: numbers.length,
    rowBytes: 1,
    dataOffset,
  })) {
    numbers.set(bytes, firstRow);
  }
  return numbers;
}

async function* readImages({
  path,
  images,
  shape,
  dataOffset,
  labelCodes,
  part,
  prefix,
}: OpenPart & { labelCodes: Int32Array }): AsyncIterable<ImageBatch> {
  const [rows = 0, ...imageShape] = shape;
  const rowBytes = imageShape.reduce((total, length) => total * length, 1);
  for await (const found of wholeRows(openBytes(path, images), { name: images, rows, rowBytes, dataOffset })) {
    yield { pixels: found.bytes, samples: numberedSamples(found, labelCodes, { part, prefix }) };
  }
}
