import { readFile } from "node:fs/promises";

import type { PixelRows } from "../activities/ingest/array-pixels.ts";
import { findPixelReading, pixelRows } from "../activities/ingest/array-pixels.ts";
import type { ImageShape, ResizeParameters } from "../activities/ingest/decode-image.ts";
import { decodeInOrder } from "../activities/ingest/decode-in-order.ts";
import type { ImageEntry } from "../activities/ingest/image-source.ts";
import { openImageFiles } from "../activities/ingest/image-entries.ts";
import { wholeRows } from "../activities/ingest/whole-rows.ts";
import type { OwnReader } from "../activities/ingest/own-reader.ts";
import { InvalidData } from "../ml/errors.ts";
import { pickImages } from "../ml/ingest/array-names.ts";
import { idxHeaderBytes, parseIdxHeader } from "../ml/ingest/idx-format.ts";
import { isImagePath, isJunkPath, isTarPath, isZipPath } from "../ml/ingest/image-paths.ts";
import { withArrayFiles } from "../storage/array-files.ts";
import { firstBytes, openBytes } from "../storage/open-bytes.ts";
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
 * Reads the images of some files in bounded memory: pictures and archives of them by ingest's own code, then npy, npz and idx arrays of the
 * very shape. Files of other kinds are left aside, unless they were named themselves.
 */
export async function* readImages(files: readonly ListedFile[], options: ReadOptions): AsyncIterable<ReadImage> {
  const isPicture = ({ path }: ListedFile) => isPicturePath(path) || options.reader?.reads(path) === true;
  yield* readPictures(files.filter(isPicture), options);
  for (const file of files) {
    if (isPicture(file)) continue;
    if (isArrayPath(file.path)) yield* readArray(file, options.shape);
    else if (file.isNamed)
      yield {
        path: file.path,
        pixels: null,
        reason: "is by its name no image, archive of images (zip, tar) or array (npy, npz, idx)",
      };
  }
}

function isPicturePath(path: string): boolean {
  return isImagePath(path) || isZipPath(path) || isTarPath(path);
}

function isArrayPath(path: string): boolean {
  return /\.np[yz]$/i.test(path) || idxImages.test(path);
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
  const rowBytes = imageBytes(shape);
  try {
    for await (const { firstRow, rows, pixels } of idxImages.test(file.path) ? idxRows(file, shape) : npyRows(file, shape)) {
      for (let row = 0; row < rows; row++) {
        yield {
          path: `${file.path}#${firstRow + row}`,
          pixels: pixels.subarray(row * rowBytes, (row + 1) * rowBytes),
          reason: "",
        };
      }
    }
  } catch (error) {
    if (!(error instanceof InvalidData)) throw error;
    // The path stands before the reason wherever it is shown.
    yield { path: file.path, pixels: null, reason: error.message.replace(`${file.path}: `, "") };
  }
}

async function* idxRows(file: ListedFile, shape: ImageShape): AsyncIterable<PixelRows> {
  const local = await file.localPath();
  const header = parseIdxHeader(await firstBytes(local, file.path, idxHeaderBytes), file.path, [3, 4]);
  refuseOther(header.shape, shape);
  if (shape.dtype !== "uint8") throw new InvalidData(`holds uint8 images; the model takes ${shape.dtype}`);
  const array = { name: file.path, rows: header.shape[0] ?? 0, rowBytes: imageBytes(shape), dataOffset: header.dataOffset };
  for await (const { bytes, ...found } of wholeRows(openBytes(local, file.path), array)) yield { ...found, pixels: bytes };
}

async function* npyRows(file: ListedFile, shape: ImageShape): AsyncIterable<PixelRows> {
  const found = { localPath: () => file.localPath(), describe: () => file };
  const toOpen = { paths: [file.path], files: found, pick: (names: readonly string[]) => [pickImages(names)] };
  const { arrays, close } = await withArrayFiles(toOpen, async (opened) => opened);
  try {
    for (const array of arrays) {
      refuseOther(array.header.shape, shape);
      yield* pixelRows(array, await findPixelReading([array], shape.dtype));
    }
  } finally {
    await close();
  }
}

/** @throws {InvalidData} where images are not of the model's shape: arrays are not resized */
function refuseOther([, height, width, channels = 1]: readonly number[], shape: ImageShape): void {
  if (height === shape.height && width === shape.width && channels === shape.channels) return;
  throw new InvalidData(
    `holds images of ${height}×${width}×${channels}; the model takes ${shape.height}×${shape.width}×${shape.channels}, ` +
      "and arrays are not resized",
  );
}
