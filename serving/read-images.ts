import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";

import type { ImageShape, ResizeParameters } from "../activities/ingest/decode-image.ts";
import { decodeInOrder } from "../activities/ingest/decoded-source.ts";
import type { ImageEntry } from "../activities/ingest/image-source.ts";
import { openImageFiles } from "../activities/ingest/image-entries.ts";
import type { ClaimedArray } from "../activities/ingest/whole-rows.ts";
import { wholeRows } from "../activities/ingest/whole-rows.ts";
import type { OwnReader } from "../activities/ingest/own-reader.ts";
import { InvalidData } from "../ml/errors.ts";
import { idxHeaderBytes, parseIdxHeader } from "../ml/ingest/idx-format.ts";
import { isImagePath, isJunkPath, isTarPath, isZipPath } from "../ml/ingest/image-paths.ts";
import { checkNpySize, readNpyHeader } from "../storage/npy.ts";
import { openBytes } from "../storage/open-bytes.ts";
import type { ListedFile } from "./list-files.ts";
import { imageBytes } from "../activities/model-input.ts";

/** One image that a prediction is asked for. */
export interface ReadImage {
  /** Its file; of archives with the member's name behind it, of arrays with `#row`. */
  path: string;
  /** `[height, width, channels]`, little-endian; null where it cannot be read. */
  pixels: Uint8Array | null;
  reason: string;
}

export interface ReadOptions {
  shape: ImageShape;
  resizing: ResizeParameters;
  /** The model's own, for files that convoy does not know; null where it has none. */
  reader: OwnReader | null;
  /** Members of tar archives are laid there. */
  scratchFolder: string;
}

/**
 * Reads the images of some files in bounded memory: pictures and archives of them by ingest's own code, then npy and idx arrays of the very
 * shape. Files of other kinds are left aside, unless they were named themselves.
 */
export async function* readImages(files: readonly ListedFile[], options: ReadOptions): AsyncIterable<ReadImage> {
  const wanted = files.filter(({ path, isNamed }) => isNamed || !isJunkPath(path));
  const isPicture = ({ path }: ListedFile) => isPicturePath(path) || options.reader?.reads(path) === true;
  yield* readPictures(wanted.filter(isPicture), options);
  for (const file of wanted) {
    if (isPicture(file)) continue;
    if (isArrayPath(file.path)) yield* readArray(file, options.shape);
    else if (file.isNamed)
      yield {
        path: file.path,
        pixels: null,
        reason: "is by its name no image, archive of images (zip, tar) or array (npy, idx)",
      };
  }
}

function isPicturePath(path: string): boolean {
  return isImagePath(path) || isZipPath(path) || isTarPath(path);
}

function isArrayPath(path: string): boolean {
  return /\.npy$/i.test(path) || idxImages.test(path);
}

const idxImages = /idx[34]-ubyte(\.gz)?$/;

async function* readPictures(files: readonly ListedFile[], { shape, resizing, reader, scratchFolder }: ReadOptions) {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const fileAt = (path: string): ListedFile => {
    const file = byPath.get(path);
    if (!file) throw new InvalidData(`${path} was not listed`);
    return file;
  };
  const { entries, close } = await openImageFiles([...byPath.keys()], {
    files: {
      describe: (path) => fileAt(path),
      localPath: (path) => fileAt(path).localPath(),
      read: async (path) => readFile(await fileAt(path).localPath()),
    },
    scratchFolder,
    reader,
    isWanted: (member) => (isImagePath(member) || reader?.reads(member) === true) && !isJunkPath(member),
  });
  try {
    const images = entries.map((entry) => ({ entry, path: shownPath(entry) }));
    for await (const { image, pixels, reason } of decodeInOrder(images, shape, resizing))
      yield { path: image.path, pixels, reason };
  } finally {
    await close();
  }
}

function shownPath({ file, member }: ImageEntry): string {
  return member === null ? file : `${file}/${member}`;
}

async function* readArray(file: ListedFile, shape: ImageShape): AsyncIterable<ReadImage> {
  try {
    const { array, chunks } = await openArray(file, shape);
    for await (const { firstRow, rows, bytes } of wholeRows(chunks, array)) {
      for (let row = 0; row < rows; row++) {
        const pixels = bytes.subarray(row * array.rowBytes, (row + 1) * array.rowBytes);
        yield { path: `${file.path}#${firstRow + row}`, pixels, reason: "" };
      }
    }
  } catch (error) {
    if (!(error instanceof InvalidData)) throw error;
    yield { path: file.path, pixels: null, reason: error.message };
  }
}

/** @throws {InvalidData} where the array's images are not of the model's shape and type: arrays are not resized */
async function openArray(file: ListedFile, shape: ImageShape): Promise<{ array: ClaimedArray; chunks: AsyncIterable<Buffer> }> {
  const local = await file.localPath();
  const rowBytes = imageBytes(shape);
  if (idxImages.test(file.path)) {
    const header = parseIdxHeader(await firstBytes(openBytes(local, file.path), idxHeaderBytes), file.path, [3, 4]);
    refuseOther("uint8", header.shape, shape);
    const array = { name: file.path, rows: header.shape[0] ?? 0, rowBytes, dataOffset: header.dataOffset };
    return { array, chunks: openBytes(local, file.path) };
  }
  const header = await readNpyHeader(local, file.path);
  checkNpySize(header, file.sizeBytes, file.path);
  refuseOther(header.dtype, header.shape, shape);
  if (header.fortranOrder || (!header.littleEndian && header.itemBytes > 1)) {
    throw new InvalidData("save the array in C order and little-endian: numpy.save(file, numpy.ascontiguousarray(images))");
  }
  const array = { name: file.path, rows: header.shape[0] ?? 0, rowBytes, dataOffset: header.dataOffset };
  return { array, chunks: createReadStream(local) as AsyncIterable<Buffer> };
}

function refuseOther(dtype: string, [, height, width, channels = 1]: readonly number[], shape: ImageShape): void {
  if (dtype === shape.dtype && height === shape.height && width === shape.width && channels === shape.channels) return;
  throw new InvalidData(
    `holds ${dtype} images of ${height}×${width}×${channels}; the model takes ${shape.dtype} ${shape.height}×${shape.width}×${shape.channels}, ` +
      "and arrays are not resized",
  );
}

async function firstBytes(chunks: AsyncIterable<Buffer>, count: number): Promise<Buffer> {
  let first = Buffer.alloc(0);
  for await (const chunk of chunks) {
    first = Buffer.concat([first, chunk.subarray(0, count)]);
    if (first.length >= count) break;
  }
  return first.subarray(0, count);
}
