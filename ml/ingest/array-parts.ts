import { InvalidData } from "../errors.ts";
import type { ArrayPart } from "./array-names.ts";
import { pairArrays } from "./array-names.ts";
import { refuseTruthValues } from "./pixel-values.ts";
import type { Dataset } from "./schema.ts";

const largestImageBytes = 64 * 1024 * 1024;
/** Of a picture: gray, two, RGB, RGBA. More are possible, but not with a height as small as this. */
const largestChannels = 4;
const largestLabelBytes = 1024 * 1024 * 1024;

/** What the header of an npy array says; `name` as people find it, `x_train.npy in mnist.npz`. */
export interface ArrayHeader {
  name: string;
  dtype: string;
  shape: readonly number[];
  itemBytes: number;
}

/** What all images have in common; `dtype` is that of the arrays. */
export interface ArrayShape extends Pick<Dataset, "height" | "width" | "channels"> {
  dtype: string;
}

/**
 * What some arrays, picked by their names, are as a data set, by their headers: the parts, and the shape that all images have.
 * @throws {InvalidData} where their images or labels are of a kind that is not read
 */
export function arrayParts(arrays: readonly ArrayHeader[]): { shape: ArrayShape; parts: ArrayPart[] } {
  const byName = new Map(arrays.map((array) => [array.name, array]));
  const parts = pairArrays([...byName.keys()]);
  const paired = parts.flatMap(({ images, labels }) => {
    const pair = { images: byName.get(images), labels: byName.get(labels) };
    return pair.images && pair.labels ? [{ images: pair.images, labels: pair.labels }] : [];
  });
  const [first] = paired;
  if (!first) throw new InvalidData("there are no arrays of images");
  const shape = imageShape(first.images);
  for (const { images, labels } of paired) {
    refuseOther(imageShape(images), shape, images.name);
    checkLabels(labels, images);
  }
  return { shape, parts };
}

function imageShape({ name, dtype, shape, itemBytes }: ArrayHeader): ArrayShape {
  refuseTruthValues(dtype, name);
  const [rows = 0, height = 0, width = 0, channels = 1] = shape;
  if (shape.length < 3 || shape.length > 4 || rows * height * width * channels === 0) {
    throw new InvalidData(
      `${name}: images are [rows, height, width] or [rows, height, width, channels]; received [${shape.join(", ")}]. Save images.reshape(rows, height, width)`,
    );
  }
  if (height <= largestChannels && channels > largestChannels) {
    throw new InvalidData(
      `${name}: images are [rows, height, width, channels]; received [${shape.join(", ")}], which looks like [rows, channels, height, width]. ` +
        `Save numpy.transpose(images, (0, 2, 3, 1))`,
    );
  }
  const imageBytes = height * width * channels * itemBytes;
  if (imageBytes > largestImageBytes)
    throw new InvalidData(`${name}: images of ${imageBytes} bytes; at most ${largestImageBytes} are read`);
  return { height, width, channels, dtype };
}

function refuseOther(shape: ArrayShape, first: ArrayShape, name: string): void {
  const say = ({ height, width, channels, dtype }: ArrayShape) => `${dtype} ${height}×${width}×${channels}`;
  if (say(shape) !== say(first))
    throw new InvalidData(`${name} holds images of ${say(shape)}, another part ${say(first)}; a data set has one`);
}

function checkLabels({ name, dtype, shape, itemBytes }: ArrayHeader, images: ArrayHeader): void {
  const [rows = 0, ...rest] = shape;
  const isOneHot = rest.some((length) => length !== 1);
  if (!/^u?int/.test(dtype) || isOneHot) {
    const mend = isOneHot ? "numpy.argmax(labels, axis=1), where each row is one class" : 'labels.astype("int64")';
    throw new InvalidData(`${name}: labels are one whole number a row; received ${dtype} [${shape.join(", ")}]. Save ${mend}`);
  }
  if (rows !== images.shape[0]) {
    throw new InvalidData(
      `${name} holds ${rows} labels and ${images.name} holds ${images.shape[0]} images; there must be one label for each`,
    );
  }
  if (rows * itemBytes > largestLabelBytes) throw new InvalidData(`${name}: ${rows} labels are more than fit into memory`);
}
