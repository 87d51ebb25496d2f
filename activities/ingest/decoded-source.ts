import { InvalidData } from "../../ml/errors.ts";
import { kindOfPath } from "../../ml/ingest/image-paths.ts";
import type { Dataset, IngestParameters } from "../../ml/ingest/schema.ts";
import type { ImageHeader, ImageShape } from "./decode-image.ts";
import { readImageHeader } from "./decode-image.ts";
import { decodeInOrder, readEntry } from "./decode-in-order.ts";
import type { ImageEntry, ImageOrigin, ImageSource, ListedImage } from "./image-source.ts";

/** Images whose headers decide size, channels and depth where the pipeline file leaves them open; spread over the whole set. */
const headersLookedAt = 32;

interface DecodedSourceOptions extends Pick<ImageSource, "classes" | "columns" | "unreadable"> {
  parameters: IngestParameters;
  close: () => Promise<void>;
}

/** Image files of a whole source: the first headers decide the shape of all where the pipeline file leaves it open. */
export async function openDecodedSource(images: readonly ListedImage[], options: DecodedSourceOptions): Promise<ImageSource> {
  return decodedSource(images, await decideShape(images, options.parameters), options);
}

/** Decodes image files in the order listed, several at a time; those that cannot be read are left out and listed with the reason. */
export function decodedSource(images: readonly ListedImage[], shape: ImageShape, options: DecodedSourceOptions): ImageSource {
  const { parameters, classes, columns, close } = options;
  const unreadable = [...options.unreadable];
  return {
    ...shape,
    classes,
    columns,
    rowCount: images.length,
    unreadable,
    images,
    samples: () => images.map(({ sample }) => sample),
    close,
    async *batches() {
      for await (const { image, pixels, reason, header } of decodeInOrder(images, shape, parameters)) {
        if (pixels && header) yield { pixels, samples: [{ ...image.sample, origin: originOf(image.entry, header) }] };
        else unreadable.push({ source: image.entry.path, reason });
      }
    },
  };
}

function originOf({ path, isConverted = false }: ImageEntry, { height, width, orientation, kind }: ImageHeader): ImageOrigin {
  const named = isConverted ? null : kindOfPath(path);
  return { height, width, orientation, misnamed: named === null || named === kind ? "" : kind };
}

async function decideShape(images: readonly ListedImage[], parameters: IngestParameters): Promise<ImageShape> {
  const { channels } = parameters;
  const { headers, unreadable } = await lookAtHeaders(images);
  const [first] = headers;
  if (!first) throw new InvalidData(`None of the images looked at first can be read: ${unreadable.slice(0, 5).join("; ")}`);
  const { height = first.height, width = first.width } = parameters;
  const other = headers.find((header) => header.height !== first.height || header.width !== first.width);
  if (other && (parameters.height === undefined || parameters.width === undefined)) {
    throw new InvalidData(
      `images differ in size, ${first.height}×${first.width} and ${other.height}×${other.width} among others; a data set has one: ` +
        `set ingest.height and ingest.width`,
    );
  }
  const isColor = headers.some((header) => header.isColor);
  const dtype: Dataset["dtype"] = headers.some(({ isDeep }) => isDeep) ? "uint16" : "uint8";
  return { height, width, channels: channels === "auto" ? (isColor ? 3 : 1) : channels, dtype };
}

async function lookAtHeaders(images: readonly ListedImage[]): Promise<{ headers: ImageHeader[]; unreadable: string[] }> {
  const step = Math.max(1, Math.floor(images.length / headersLookedAt));
  const headers: ImageHeader[] = [];
  const unreadable: string[] = [];
  for (const { entry } of images.filter((_, i) => i % step === 0)) {
    try {
      headers.push(await readImageHeader(await readEntry(entry)));
    } catch (error) {
      // It is listed with its reason when it comes to decoding.
      if (!(error instanceof InvalidData)) throw error;
      unreadable.push(`${entry.path} (${error.message})`);
    }
  }
  return { headers, unreadable };
}
