import { InvalidData } from "../errors.ts";
import { arrayParts } from "./array-parts.ts";
import { guessTable } from "./guess-table.ts";
import { placeImages } from "./image-paths.ts";
import { recognizeSource } from "./recognize-source.ts";
import type { GuessedReading, SourceSurvey } from "./source-survey.ts";
import { countBy, fewestGroups, givenParts, givenPartsOfGroups } from "./source-survey.ts";

/** The longer side that larger images are brought to. */
const longestSide = 128;

/** Names under which one patient, animal or object is found in file names. */
const groupPattern = String.raw`(?:person|patient|subject|lesion|case|NORMAL\d*-IM|IM)[-_ ]?\d+`;

/** @throws {InvalidData} where there is nothing that convoy reads, arrays of another kind among it, or no class can be seen */
export function guessReading(survey: SourceSurvey): GuessedReading {
  const layout = recognizeSource(survey.paths);
  if (layout.format !== "images") {
    const { format } = layout;
    const parts = format === "digits" ? [] : format === "idx" ? layout.parts : arrayParts(survey.arrays).parts;
    return { layout: format, classCounts: {}, parts: givenParts(parts) };
  }
  if (survey.images.length === 0)
    throw new InvalidData(
      `There are no images in it: class folders, zip or tar archives, idx, npy and npz are read; received ${survey.paths.length} files`,
    );
  const size = guessSize(survey.sizes);
  const table = guessTable(survey);
  const guessed = table ?? guessFolders(survey);
  const told = new Set([guessed.table, ...survey.images.map(({ file }) => file), ...survey.unreadTables.map(({ path }) => path)]);
  const leftAside = [...survey.unreadTables, ...survey.paths.filter((path) => !told.has(path)).map((path) => ({ path }))];
  return { ...guessed, ...(size ? { size } : {}), ...(leftAside.length > 0 ? { leftAside } : {}) };
}

function guessFolders({ images, paths, unreadTables }: SourceSurvey): GuessedReading {
  const places = placeImages(images);
  const classCounts = countBy(places.flatMap(({ label }) => label ?? []));
  if (Object.keys(classCounts).length < 2)
    throw new InvalidData(
      `${images.length} images, but no classes: neither folders of two or more classes nor a table that names the images; received ` +
        `${Object.keys(classCounts).join(", ") || "no folder"} and the files ${paths.slice(0, 5).join(", ")}` +
        unreadTables.map(({ reason }) => `; ${reason}`).join(""),
    );
  const given = givenParts(places);
  const groups = images.map(({ path }) => new RegExp(groupPattern).exec(path)?.[0] ?? "");
  const partless = given === "given" ? images.filter((_, i) => places[i]!.part === "").map(({ path }) => path) : [];
  const base: GuessedReading = { layout: "folders", classCounts, parts: given, ...(partless.length > 0 ? { partless } : {}) };
  const named = groups.filter((group) => group !== "");
  const isGrouped = named.length >= 0.8 * images.length && new Set(named).size <= 0.95 * named.length;
  if (!isGrouped) return base;
  return {
    ...base,
    group: groupPattern,
    fewestGroups: fewestGroups(
      groups,
      places.map(({ label }) => label ?? ""),
    ),
    parts: givenPartsOfGroups(places, groups),
  };
}

/** The median size, brought down so that the longer side has at most 128 pixels; undefined where none was read. */
function guessSize(sizes: SourceSurvey["sizes"]): GuessedReading["size"] {
  if (sizes.length === 0) return undefined;
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
  const [height, width] = [median(sizes.map((size) => size.height)), median(sizes.map((size) => size.width))];
  const factor = Math.min(1, longestSide / Math.max(height, width));
  return { height: Math.max(1, Math.round(height * factor)), width: Math.max(1, Math.round(width * factor)) };
}
