import { InvalidData } from "../errors.ts";
import { partOfWord, partOrder } from "./part-words.ts";
import type { PartName } from "./schema.ts";

/** The images and labels of one part of an idx set, by path. `part` is "" where the name tells none. */
export interface IdxPart {
  part: PartName | "";
  /** Begins the id of each row: `train/17`. */
  prefix: string;
  images: string;
  labels: string;
}

/** What the names in a source say it is. Whether the bytes agree is found while reading. */
export type SourceLayout =
  | { format: "idx"; parts: IdxPart[] }
  | { format: "digits"; files: { path: string; digit: number }[] }
  /** npy files, and npz archives of them. */
  | { format: "arrays"; files: string[] }
  /** Anything else: images in class folders, loose or in archives. */
  | { format: "images" };

/**
 * Recognizes a source by the names in it; files that belong to nothing (a README) are left aside.
 *
 * @param paths relative, `/`-separated, sorted
 * @throws {InvalidData} where idx images have no labels, or a part has them twice
 */
export function recognizeSource(paths: readonly string[]): SourceLayout {
  const parts = idxParts(paths);
  if (parts.length > 0) return { format: "idx", parts };
  const files = digitFiles(paths);
  if (files.length > 0) return { format: "digits", files };
  const arrays = paths.filter((path) => /\.np[yz]$/i.test(path));
  return arrays.length > 0 ? { format: "arrays", files: arrays } : { format: "images" };
}

const idxImages = /^(.*?)[-_.]?images[-.]idx[34]-ubyte(\.gz)?$/;
const idxLabels = /^(.*?)[-_.]?labels[-.]idx1-ubyte(\.gz)?$/;

function idxParts(paths: readonly string[]): IdxPart[] {
  const labelFiles = new Map<string, string>();
  for (const path of paths) {
    const prefix = idxLabels.exec(path)?.[1];
    if (prefix !== undefined) labelFiles.set(prefix, path);
  }
  const parts: IdxPart[] = [];
  for (const images of paths) {
    const prefix = idxImages.exec(images)?.[1];
    if (prefix === undefined) continue;
    const labels = labelFiles.get(prefix);
    if (labels === undefined) {
      throw new InvalidData(
        `${images} has no labels beside it; expected ${images.replace("images", "labels").replace(/idx[34]/, "idx1")}`,
      );
    }
    const part = partOfPrefix(prefix);
    const twin = parts.find((other) => part !== "" && other.part === part);
    if (twin) throw new InvalidData(`${twin.images} and ${images} are both the images of ${part}; give one of them`);
    parts.push({ part, prefix: part === "" ? prefix || "row" : part, images, labels });
  }
  return parts.toSorted((a, b) => partOrder.indexOf(a.part) - partOrder.indexOf(b.part));
}

/** By the words of the file's name, or of its folder's: `train`, `emnist-letters-test`, `test/`. */
function partOfPrefix(prefix: string): PartName | "" {
  const words =
    prefix
      .split("/")
      .findLast((segment) => segment !== "")
      ?.toLowerCase()
      .split(/[^a-z0-9]+/) ?? [];
  return words.map((word) => partOfWord.get(word)).find((part) => part !== undefined) ?? "";
}

function digitFiles(paths: readonly string[]): { path: string; digit: number }[] {
  return paths
    .map((path) => ({
      path,
      digit: Number(/(?:^|\/)digits\/(\d)\.json$/.exec(path)?.[1] ?? /^(\d)\.json$/.exec(path)?.[1] ?? -1),
    }))
    .filter(({ digit }) => digit >= 0)
    .toSorted((a, b) => a.digit - b.digit);
}
