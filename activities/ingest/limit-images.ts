import { pickImages } from "../../ml/ingest/pick-images.ts";
import type { IngestParameters } from "../../ml/ingest/schema.ts";
import { decodedSource } from "./decoded-source.ts";
import type { ImageBatch, ImageSource } from "./image-source.ts";

/** A source of which at most `maxImages` are read; files that were listed as unreadable before any was decoded are left out with the rest. */
export function limitImages(source: ImageSource, parameters: IngestParameters): ImageSource {
  const { maxImages = Infinity } = parameters;
  if (source.rowCount <= maxImages) return source;
  const { images, close = async () => {} } = source;
  const samples = source.samples();
  const kept = pickImages(samples, maxImages);
  if (images) {
    const wanted = kept.flatMap((position) => images[position] ?? []);
    return decodedSource(wanted, source, { ...source, parameters, unreadable: [], close });
  }
  const ids = new Set(kept.map((position) => samples[position]?.id));
  return { ...source, rowCount: kept.length, batches: () => onlyIds(source, ids) };
}

async function* onlyIds(source: ImageSource, ids: ReadonlySet<string | undefined>): AsyncIterable<ImageBatch> {
  const { height, width, channels, dtype } = source;
  const size = height * width * channels * (dtype === "uint8" ? 1 : 2);
  for await (const { pixels, samples } of source.batches()) {
    const kept = [...samples.keys()].filter((i) => ids.has(samples[i]?.id));
    if (kept.length === 0) continue;
    yield {
      pixels: Buffer.concat(kept.map((i) => pixels.subarray(i * size, (i + 1) * size))),
      samples: kept.flatMap((i) => samples[i] ?? []),
    };
  }
}
