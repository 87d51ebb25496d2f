import { InvalidData } from "../errors.ts";
import { partOfWord, partOrder } from "./part-words.ts";
import type { PartName } from "./schema.ts";

/** Images and labels of one part, by the names of their arrays. */
export interface ArrayPart {
  part: PartName | "";
  /** Begins the id of each row: `test/17`. */
  prefix: string;
  images: string;
  labels: string;
}

/** As numpy.savez calls what was given without a name. */
const unnamed = /^arr_\d+\.npy$/;
const imageWords = new Set(["x", "image", "images", "img", "imgs", "data"]);
const labelWords = new Set(["y", "label", "labels", "target", "targets"]);

/**
 * Those arrays that {@link pairArrays} pairs.
 * @throws {InvalidData} as it does, and where it finds no images
 */
export function pickArrays(names: readonly string[]): string[] {
  const parts = pairArrays(names);
  if (parts.length > 0) return parts.flatMap(({ images, labels }) => [images, labels]);
  throw new InvalidData(
    `None of the arrays holds images by its name: ${names.join(", ")}; name them as images and labels, or x_train, y_train, x_test, y_test`,
  );
}

/**
 * Pairs arrays by the words in their names: `x_train` and `y_train`, `test_images` and `test_labels`, `kmnist-test-imgs` and
 * `kmnist-test-labels`, or just `images` and `labels`. Others are left aside.
 *
 * @throws {InvalidData} where images have no labels, or two arrays have the same role
 */
export function pairArrays(names: readonly string[]): ArrayPart[] {
  const roles = new Map<string, string>();
  for (const name of names) {
    const { role, part } = meaningOf(name);
    if (role === null) continue;
    const known = roles.get(`${role} ${part}`);
    if (known !== undefined)
      throw new InvalidData(`The arrays ${known} and ${name} are both the ${part || "only"} ${role}; give one of them`);
    roles.set(`${role} ${part}`, name);
  }
  const parts: ArrayPart[] = [];
  for (const part of partOrder) {
    const images = roles.get(`images ${part}`);
    const labels = roles.get(`labels ${part}`);
    if (images === undefined) continue;
    if (labels === undefined) {
      throw new InvalidData(
        `The array ${images} has no labels beside it; there are ${names.join(", ")}. Name them alike, as x_test and y_test`,
      );
    }
    parts.push({ part, prefix: part === "" ? "row" : part, images, labels });
  }
  return parts;
}

/**
 * The one array of an archive that holds images, by the words in its name, or because there is no other.
 * @throws {InvalidData} where it is none of them, or one of several
 */
export function pickImages(names: readonly string[]): string {
  const images = names.filter((name) => meaningOf(name).role === "images");
  const [only, ...others] = images.length === 0 ? names.filter((name) => meaningOf(name).role === null) : images;
  if (only !== undefined && others.length === 0) return only;
  if (images.length > 1)
    throw new InvalidData(
      `holds several arrays of images: ${images.join(", ")}; save the one that is meant by itself, as an npy file`,
    );
  throw new InvalidData(
    `None of its arrays holds images by its name: ${names.join(", ") || "there are none"}; name the one that does images or x`,
  );
}

/** What an array's own name says comes before the name of the archive that it is in, which may be `data.npz`. */
function meaningOf(name: string): { role: "images" | "labels" | null; part: PartName | "" } {
  const [, member = name, archive = ""] = /^(.*) in (.*\.npz)$/is.exec(name) ?? [];
  const [own, others] = [wordsOf(member), wordsOf(archive)];
  const part = [...own, ...others].map((word) => partOfWord.get(word)).find((found) => found !== undefined) ?? "";
  return { role: roleOf(own) ?? (unnamed.test(member) ? roleOf(others) : null), part };
}

function wordsOf(name: string): string[] {
  return name.toLowerCase().split(/[^a-z]+|\.np[yz]/);
}

function roleOf(words: readonly string[]): "images" | "labels" | null {
  if (words.some((word) => labelWords.has(word))) return "labels";
  return words.some((word) => imageWords.has(word)) ? "images" : null;
}
