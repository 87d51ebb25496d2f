import { InvalidData } from "../errors.ts";
import { partOrder, partWords } from "./part-words.ts";
import type { PartName } from "./schema.ts";

/** Images and labels of one part, by the names of their arrays. */
export interface ArrayPart {
  part: PartName | "";
  /** Begins the id of each row: `test/17`. */
  prefix: string;
  images: string;
  labels: string;
}

const partOfWord = new Map(partWords);
const imageWords = new Set(["x", "image", "images", "img", "imgs", "data"]);
const labelWords = new Set(["y", "label", "labels", "target", "targets"]);

/**
 * Pairs arrays by the words in their names: `x_train` and `y_train`, `test_images` and `test_labels`, `kmnist-test-imgs` and
 * `kmnist-test-labels`, or just `images` and `labels`. Others are left aside.
 *
 * @throws {InvalidData} where images have no labels, or two arrays have the same role
 */
export function pairArrays(names: readonly string[]): ArrayPart[] {
  const roles = new Map<string, string>();
  for (const name of names) {
    const words = name.toLowerCase().split(/[^a-z]+|\.np[yz]/);
    const part = words.map((word) => partOfWord.get(word)).find((found) => found !== undefined) ?? "";
    const role = words.some((word) => labelWords.has(word))
      ? "labels"
      : words.some((word) => imageWords.has(word))
        ? "images"
        : null;
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
