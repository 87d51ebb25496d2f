import type { Correction } from "../../ml/ingest/corrections.ts";
import { applyCorrections } from "../../ml/ingest/corrections.ts";
import { pickImages } from "../../ml/ingest/pick-images.ts";
import type { IngestParameters } from "../../ml/ingest/schema.ts";
import { decodedSource } from "./decoded-source.ts";
import type { ImageBatch, ImageSample, ImageSource } from "./image-source.ts";

/** A source as people corrected it. @throws {InvalidData} where a correction names an image or a class that is not there */
export function correctImages(
  source: ImageSource,
  corrections: readonly Correction[],
  parameters: IngestParameters,
): ImageSource {
  if (corrections.length === 0) return source;
  const kept = applyCorrections(source.samples(), source.classes, corrections);
  return keepImages(source, kept, parameters, source.unreadable);
}

/** A source of which at most `maxImages` are read; files that were listed as unreadable before any was decoded are left out with the rest. */
export function limitImages(source: ImageSource, parameters: IngestParameters): ImageSource {
  const { maxImages = Infinity } = parameters;
  if (source.rowCount <= maxImages) return source;
  const samples = source.samples();
  const picked = pickImages(samples, maxImages).flatMap((position) => samples[position] ?? []);
  return keepImages(source, new Map(picked.map((sample) => [sample.id, sample])), parameters, []);
}

/** A source with only some of its rows, by id, each as it shall be; their order stays. */
function keepImages(
  source: ImageSource,
  kept: ReadonlyMap<string, ImageSample>,
  parameters: IngestParameters,
  unreadable: ImageSource["unreadable"],
): ImageSource {
  const { images, close = async () => {} } = source;
  if (images) {
    const wanted = images.flatMap(({ entry, sample }) => {
      const as = kept.get(sample.id);
      return as ? [{ entry, sample: as }] : [];
    });
    return decodedSource(wanted, source, { ...source, parameters, unreadable, close });
  }
  return {
    ...source,
    unreadable,
    rowCount: kept.size,
    samples: () => source.samples().flatMap(({ id }) => kept.get(id) ?? []),
    batches: () => keptRows(source, kept),
  };
}

async function* keptRows(source: ImageSource, kept: ReadonlyMap<string, ImageSample>): AsyncIterable<ImageBatch> {
  const { height, width, channels, dtype } = source;
  const size = height * width * channels * (dtype === "uint8" ? 1 : 2);
  for await (const { pixels, samples } of source.batches()) {
    const rows = samples.flatMap(({ id }, row) => {
      const sample = kept.get(id);
      return sample ? [{ row, sample }] : [];
    });
    if (rows.length === 0) continue;
    yield {
      pixels: Buffer.concat(rows.map(({ row }) => pixels.subarray(row * size, (row + 1) * size))),
      samples: rows.map(({ sample }) => sample),
    };
  }
}
