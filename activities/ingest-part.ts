import type { ArtifactRef } from "../ml/artifact.ts";
import { InvalidData } from "../ml/errors.ts";
import { ingestPartSchema } from "../ml/ingest/schema.ts";
import { SourceFiles } from "../storage/source-files.ts";
import { decodedSource } from "./ingest/decoded-source.ts";
import { openImageFiles } from "./ingest/image-entries.ts";
import type { ImageEntry } from "./ingest/image-source.ts";
import { loadReader } from "./ingest/own-reader.ts";
import { storeRows } from "./ingest/store-rows.ts";
import type { IngestTaskParameters } from "./ingest.ts";
import type { StageContext, StagePartTask } from "./stage.ts";

/** Decodes one part of a source's images: a small data set of its own, which ingest joins with the others. A retry stores the same. */
export async function ingestPart(
  { parameters: { ingest }, part: ref }: StagePartTask<IngestTaskParameters>,
  context: StageContext,
): Promise<ArtifactRef> {
  const { artifacts, scratchFolder } = context;
  const { files, shape, firstRow, rowCount, images, ...known } = await artifacts.getJson(ref, ingestPartSchema);
  const wanted = new Set(images.map(({ member }) => member));
  const source = new SourceFiles(files, context);
  const { entries, close } = await openImageFiles(source.paths, {
    files: source,
    scratchFolder,
    reader: await loadReader(ingest.reader, artifacts),
    isWanted: (member) => wanted.has(member),
  });
  try {
    const byPlace = new Map(entries.map((entry) => [placeOf(entry), entry]));
    const listed = images.map(({ path, file, member, columns, ...sample }) => ({
      entry: { ...(byPlace.get(placeOf({ file, member })) ?? vanished(path)), path },
      sample: { ...sample, ...(columns ? { columns } : {}) },
    }));
    const rows = decodedSource(listed, shape, { ...known, parameters: ingest, close });
    return await artifacts.putJson(await storeRows(rows, context, { shardRows: ingest.shardRows, firstRow, rowCount }));
  } finally {
    await close();
  }
}

function placeOf({ file, member }: Pick<ImageEntry, "file" | "member">): string {
  return JSON.stringify([file, member]);
}

function vanished(path: string): never {
  throw new InvalidData(`${path} was listed, but is not in its file any more; run again`);
}
