import { AugmentationPreview, type IdentifiedImage } from "../ml/augment/augmentation-preview.ts";
import type { Augmentation } from "../ml/augment/schema.ts";
import type { LabelNoise } from "../ml/check/label-noise/schema.ts";
import type { ImageStatistics } from "../ml/explore/image-statistics.ts";
import { pickExtremes, pickSamples } from "../ml/explore/pick-samples.ts";
import type { Exploration } from "../ml/explore/schema.ts";
import type { Dataset, Samples } from "../ml/ingest/schema.ts";
import type { ExplorationPictures } from "../reports/exploration/galleries.ts";
import type { Picture } from "../reports/pictures.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import { makePicture } from "./picture.ts";
import { RowPictures } from "./row-pictures.ts";

export interface PictureTask {
  dataset: Dataset;
  samples: Samples;
  split: Uint8Array;
  statistics: ImageStatistics;
  exploration: Exploration;
  augmentation: Augmentation;
  samplesPerClass: number;
  seed: number;
}

const [shownClasses, shownSamples, extremeCount, augmentedEpochs, shownSuspicious] = [60, 800, 10, 16, 40];

/** Makes all pictures of the report; reads only the images that are shown. */
export async function explorePictures(task: PictureTask, artifacts: ArtifactStore): Promise<ExplorationPictures> {
  const { dataset, samples, exploration, statistics } = task;
  const largest = largestClasses(exploration).slice(0, shownClasses);
  const perClass = Math.min(task.samplesPerClass, Math.max(1, Math.floor(shownSamples / largest.length)));
  const picks = pickSamples(samples, task.split, dataset.classes.length, perClass, task.seed);
  const extremeRows = findExtremes(statistics);
  const shownRows = largest.flatMap((code) => picks[code] ?? []);
  const duplicates = exploration.duplicates.examples;
  const rules = exploration.check.results.filter(
    ({ rule, status, rows }) => rule !== "label-noise" && status !== "passed" && rows.length > 0,
  );
  const suspicious = (exploration.labelNoise?.suggestions ?? []).slice(0, shownSuspicious);
  const shown = [
    ...suspicious.map(({ row }) => row),
    ...shownRows,
    ...extremeRows.flatMap(({ rows }) => rows),
    ...duplicates.flat(),
    ...rules.flatMap(({ rows }) => rows),
  ];
  const fullScale = dataset.dtype === "uint8" ? 255 : Math.max(1, exploration.pixels.max);
  const pictures = await RowPictures.read({ dataset, samples, artifacts }, shown, fullScale);
  const { height, width, channels } = dataset;
  const identified = (row: number): IdentifiedImage => {
    return { id: samples.id[row] ?? String(row), height, width, channels, values: pictures.pixels(row) };
  };
  const deviationScale = Math.max(0.01, largestDeviation(statistics, dataset.classes.length));
  const classes = await Promise.all(
    largest.map(async (code) => ({
      name: dataset.classes[code] ?? String(code),
      rows: totalRows(exploration, code),
      samples: await pictures.showAll(picks[code] ?? [], false),
      ...(await classPictures(task, code, deviationScale)),
    })),
  );
  const [example, partner] = [shownRows[0], shownRows.at(-1)];
  return {
    classes,
    hiddenClasses: dataset.classes.length - largest.length,
    extremes: await Promise.all(
      extremeRows.map(async ({ title, rows }) => ({ title, pictures: await pictures.showAll(rows, false) })),
    ),
    duplicates: await Promise.all(duplicates.map((rows) => pictures.showAll(rows))),
    labelNoise: await suspiciousPictures(suspicious, pictures),
    rules: await Promise.all(rules.map(async ({ rule, rows }) => ({ title: rule, pictures: await pictures.showAll(rows) }))),
    augmentation:
      example === undefined || partner === undefined
        ? []
        : await augmented(task, { image: identified(example), partner: identified(partner), fullScale }),
  };
}

function findExtremes({ properties }: ImageStatistics): { title: string; rows: readonly number[] }[] {
  const { brightness, contrast, sharpness } = properties;
  const light = pickExtremes(brightness, extremeCount);
  return [
    { title: "Darkest", rows: light.lowest },
    { title: "Brightest", rows: light.highest },
    { title: "Least contrast", rows: pickExtremes(contrast, extremeCount).lowest },
    { title: "Least sharp", rows: pickExtremes(sharpness, extremeCount).lowest },
  ];
}

/** Each says what it is said to be, and what it rather is. */
function suspiciousPictures(suggestions: LabelNoise["suggestions"], pictures: RowPictures): Promise<Picture[]> {
  return Promise.all(
    suggestions.map(async ({ row, id, part, label, suggested, confidence }) => ({
      ...(await pictures.show(row)),
      caption: `${id} (${part}): ${label}, rather ${suggested} (${confidence.toFixed(3)})`,
    })),
  );
}

/** Mean and deviation image, the latter brightened by one factor for all classes, so that they can be compared. */
async function classPictures(
  { statistics, dataset, exploration }: PictureTask,
  code: number,
  deviationScale: number,
): Promise<{ mean?: Picture; deviation?: Picture }> {
  const images = statistics.classImages(code);
  if (images === null) return {};
  const name = dataset.classes[code] ?? String(code);
  const words = (kind: string) => ({ alt: `${kind} image of ${name}`, caption: name });
  const toBytes = (values: Float64Array, largest: number) =>
    Uint8Array.from(values, (value) => Math.round((255 * value) / largest));
  // Stored values rarely fill their type in uint16 sets; half the range in use bounds a deviation.
  const largest = dataset.dtype === "uint8" ? 1 : Math.max(1, exploration.pixels.max) / 65_535;
  return {
    mean: await makePicture(toBytes(images.mean, largest), dataset, 255, words("Mean")),
    deviation: await makePicture(toBytes(images.deviation, deviationScale), dataset, 255, words("Deviation")),
  };
}

function largestDeviation(statistics: ImageStatistics, classCount: number): number {
  let largest = 0;
  for (let code = 0; code < classCount; code++) {
    for (const value of statistics.classImages(code)?.deviation ?? []) largest = Math.max(largest, value);
  }
  return largest;
}

/** One image as it is, and as training sees it in its first epochs; where images are mixed, with one partner in all of them. */
async function augmented(
  { dataset, augmentation }: PictureTask,
  { image, partner, fullScale }: { image: IdentifiedImage; partner: IdentifiedImage; fullScale: number },
): Promise<Picture[]> {
  if (!augmentation.enabled) return [];
  const { id } = image;
  const pixelsFrom = (values: ArrayLike<number>) =>
    dataset.dtype === "uint8" ? Uint8Array.from(values, Math.round) : Uint16Array.from(values, Math.round);
  const original = makePicture(pixelsFrom(image.values), dataset, fullScale, { alt: `${id} as it is`, caption: "as it is" });
  const preview = new AugmentationPreview(augmentation, dataset.dtype === "uint8" ? 255 : 65_535);
  const epochs = Array.from({ length: augmentedEpochs }, (_, index) => index + 1);
  const seen = epochs.map((epoch) => {
    const pixels = pixelsFrom(preview.show(image, epoch, partner));
    return makePicture(pixels, dataset, fullScale, { alt: `${id} in epoch ${epoch}`, caption: `epoch ${epoch}` });
  });
  return Promise.all([original, ...seen]);
}

function largestClasses(exploration: Exploration): number[] {
  const codes = [...exploration.classes.keys()];
  if (codes.length <= shownClasses) return codes;
  return codes.sort((a, b) => totalRows(exploration, b) - totalRows(exploration, a) || a - b);
}

function totalRows({ balance }: Exploration, code: number): number {
  return balance.parts.reduce((rows, { perClass }) => rows + (perClass[code] ?? 0), 0);
}
