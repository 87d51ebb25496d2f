import { availableParallelism } from "node:os";

import { InvalidData } from "../../ml/errors.ts";
import { sharp } from "../../sharp.ts";
import { ReusedMemory } from "../../storage/reused-memory.ts";
import type { ImageHeader, ImageShape, ResizeParameters } from "./decode-image.ts";
import { decodePixels, readImageHeader } from "./decode-image.ts";
import type { ImageEntry, ListedImage } from "./image-source.ts";
import { canResizeTogether, resizeTogether } from "./resize-together.ts";

/** As many at most are resized together: of more, the building of the resizing is a small part already. */
const resizedAtOnce = 16;

/** Images that are read and decoded at a time. */
export const decodedAtOnce = 4 * availableParallelism();

export type Decoded<Image> =
  | { image: Image; pixels: Uint8Array; header: ImageHeader; reason: "" }
  /** It cannot be read. */
  | { image: Image; pixels: null; header?: undefined; reason: string };

/** One whose pixels are not resized yet where it `isWhole`. */
type Opened<Image> = Decoded<Image> & { isWhole: boolean };

/**
 * Decodes images in the order given: ingest's way, and therefore prediction's.
 *
 * As many decoders as there are cores, each with one thread of its own: pictures this small gain nothing from more. No picture comes twice,
 * so that libvips' cache of operations would only cost. Small images of one size are resized together, where that changes no pixel.
 */
export async function* decodeInOrder<Image extends Pick<ListedImage, "entry">>(
  images: readonly Image[],
  shape: ImageShape,
  parameters: ResizeParameters,
): AsyncIterable<Decoded<Image>> {
  sharp.concurrency(1);
  sharp.cache(false);
  const options = { shape, parameters, mayStayWhole: images.length > 1, memory: new ReusedMemory() };
  const opened = inOrder(images, decodedAtOnce, (image) => openOne(image, options));
  const groups = inOrder(groupsOf(opened, resizedAtOnce), 2, (group) => resizeWhole(group, shape, parameters));
  for await (const group of groups) yield* group;
}

/** Does some work on each item, several at a time; the results come in the order of the items. */
async function* inOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): AsyncIterable<Result> {
  const running: Promise<Result>[] = [];
  for await (const item of items) {
    const result = work(item);
    // Whoever takes it out of the queue sees its failure; until then it must not count as unhandled.
    result.catch(() => {});
    running.push(result);
    const oldest = running.length >= atOnce ? running.shift() : undefined;
    if (oldest) yield await oldest;
  }
  for (const result of running) yield await result;
}

async function* groupsOf<Item>(items: AsyncIterable<Item>, size: number): AsyncIterable<Item[]> {
  let group: Item[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

interface OpenOptions {
  shape: ImageShape;
  parameters: ResizeParameters;
  mayStayWhole: boolean;
  memory: ReusedMemory;
}

async function openOne<Image extends Pick<ListedImage, "entry">>(
  image: Image,
  { shape, parameters, mayStayWhole, memory }: OpenOptions,
): Promise<Opened<Image>> {
  let bytes: Buffer | undefined;
  try {
    bytes = await readEntry(image.entry, memory);
    const header = await readImageHeader(bytes);
    const isWhole = mayStayWhole && canResizeTogether(header, shape, parameters);
    const { height, width } = isWhole ? header : shape;
    const pixels = await decodePixels(bytes, header, { ...shape, height, width }, parameters);
    return { image, pixels, header, reason: "", isWhole };
  } catch (error) {
    if (!(error instanceof InvalidData)) throw error;
    return { image, pixels: null, reason: error.message, isWhole: false };
  } finally {
    if (bytes) memory.give(bytes);
  }
}

export async function readEntry(entry: ImageEntry, memory?: ReusedMemory): Promise<Buffer> {
  if (entry.refused !== null) throw new InvalidData(entry.refused);
  return entry.read(memory);
}

async function resizeWhole<Image>(
  opened: readonly Opened<Image>[],
  shape: ImageShape,
  parameters: ResizeParameters,
): Promise<Decoded<Image>[]> {
  const bySize = new Map<string, { size: ImageHeader; images: { pixels: Uint8Array }[] }>();
  for (const image of opened) {
    if (!image.isWhole || image.pixels === null) continue;
    const { height, width } = image.header;
    const same = bySize.get(`${height}×${width}`) ?? { size: image.header, images: [] };
    same.images.push(image);
    bySize.set(`${height}×${width}`, same);
  }
  for (const { size, images } of bySize.values()) await resizeTogether(images, size, shape, parameters);
  return [...opened];
}
