import type { ArtifactRef } from "../../ml/artifact.ts";
import { concatenate } from "../../ml/concatenate.ts";
import { InvalidData } from "../../ml/errors.ts";
import { isTarPath } from "../../ml/ingest/image-paths.ts";
import type { Dataset, IngestPart, Samples, SourceFile } from "../../ml/ingest/schema.ts";
import { datasetSchema } from "../../ml/ingest/schema.ts";
import type { ArtifactStore } from "../../storage/artifact-store.ts";
import { readSamples } from "../../storage/tables.ts";
import type { ImageSource, ListedImage } from "./image-source.ts";
import { storeSamples } from "./store-rows.ts";

/** Fewer images are not worth another activity. */
const leastImages = 1024;
/** References to all parts must fit into one message. */
const mostParts = 256;
/** A tar archive has no directory: each part reads through all of it. */
const mostPartsOfTar = 16;

/** Image files by the part, in row order; one part where sharing them is not worth it. Depends on the source alone, never on who works. */
export function divideImages(images: readonly ListedImage[]): (readonly ListedImage[])[] {
  const most = images.some(({ entry }) => isTarPath(entry.file)) ? mostPartsOfTar : mostParts;
  const size = Math.max(leastImages, Math.ceil(images.length / most));
  return Array.from({ length: Math.ceil(images.length / size) }, (_, i) => images.slice(i * size, (i + 1) * size));
}

/** Stores what each part needs to be read by any worker, and gives references to them in row order. */
export async function storeParts(
  source: ImageSource,
  parts: readonly (readonly ListedImage[])[],
  { files, artifacts }: { files: readonly SourceFile[]; artifacts: ArtifactStore },
): Promise<ArtifactRef[]> {
  const { height, width, channels, dtype, classes, columns } = source;
  const byPath = new Map(files.map((file) => [file.path, file]));
  const refs: ArtifactRef[] = [];
  let firstRow = 0;
  for (const images of parts) {
    const names = new Set(images.map(({ entry }) => entry.file));
    const part: IngestPart = {
      formatVersion: 1,
      files: [...names].map((name) => byPath.get(name)).filter((file) => file !== undefined),
      shape: { height, width, channels, dtype },
      classes,
      columns,
      firstRow,
      rowCount: source.rowCount,
      // What is known to be missing before anything is decoded stands with the first part, as it would if there were one only.
      unreadable: firstRow === 0 ? source.unreadable : [],
      images: images.map(({ entry: { path, file, member }, sample }) => ({ path, file, member, ...sample })),
    };
    refs.push(await artifacts.putJson(part));
    firstRow += images.length;
  }
  return refs;
}

/** One data set of several, one after the other. */
export async function joinParts(refs: readonly ArtifactRef[], artifacts: ArtifactStore): Promise<Dataset> {
  const parts: Dataset[] = [];
  const rows: Samples[] = [];
  for (const ref of refs) {
    const dataset = await artifacts.getJson(ref, datasetSchema);
    parts.push(dataset);
    rows.push(await readSamples(await artifacts.localPath(dataset.samples), dataset));
  }
  const [first] = parts;
  if (!first) throw new InvalidData("there are no parts to join");
  const samples = joinSamples(rows, first.columns);
  return {
    ...first,
    rowCount: samples.id.length,
    shards: parts.flatMap(({ shards }) => shards),
    samples: await storeSamples(samples, first.columns, artifacts),
    unreadable: parts.flatMap(({ unreadable }) => unreadable),
  };
}

/** Rows of image files. A part of which none could be read says nothing of them. */
function joinSamples(parts: readonly Samples[], columns: Dataset["columns"]): Samples {
  const integers = (of: (rows: Samples) => Int32Array | undefined) =>
    concatenate(
      parts.map((rows) => of(rows) ?? new Int32Array(0)),
      Int32Array,
    );
  const values = <Value>(of: (rows: Samples) => readonly Value[] | undefined) => parts.flatMap((rows) => of(rows) ?? []);
  return {
    id: values(({ id }) => id),
    label: integers(({ label }) => label),
    part: values(({ part }) => part),
    group: values(({ group }) => group),
    sha256: values(({ sha256 }) => sha256),
    sourceSizes: {
      heights: integers(({ sourceSizes }) => sourceSizes?.heights),
      widths: integers(({ sourceSizes }) => sourceSizes?.widths),
    },
    sourceFiles: {
      orientations: integers(({ sourceFiles }) => sourceFiles?.orientations),
      misnamed: values(({ sourceFiles }) => sourceFiles?.misnamed),
    },
    columns: Object.fromEntries(columns.map(({ name }) => [name, values((rows) => rows.columns[name])])),
  };
}
