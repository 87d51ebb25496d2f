import { partOfWord } from "./part-words.ts";
import type { PartName } from "./schema.ts";

/** A folder and what it holds. */
interface Folder {
  folders: Map<string, Folder>;
}

/** Where in a path the folders stand that give the part. */
export interface GivenPart {
  part: PartName | "";
  /** Positions among the path's folders: of `train` in `train/cats`; two where parts stand within one, `train/val`. -1 where none gives a part. */
  first: number;
  last: number;
}

/** What else stands in the names of folders of parts: `train_images`, `Test Set`. */
const fillers = new Set("set sets data dataset images image imgs img pictures photos samples split folder".split(" "));

/**
 * Finds the folders that stand for given parts. `train`, `Test Set` and `val_images` do by their own words, `seg_train` beside a `seg_test` that says
 * the same of another part. Among classes such a word is one of them: `bus`, `car`, `train`.
 *
 * @param paths folders of each image, outermost first
 */
export function findGivenParts(paths: readonly (readonly string[])[]): GivenPart[] {
  const root: Folder = { folders: new Map() };
  for (const segments of paths) {
    let folder = root;
    for (const segment of segments) {
      const known = folder.folders.get(segment) ?? { folders: new Map<string, Folder>() };
      folder.folders.set(segment, known);
      folder = known;
    }
  }
  const known = new Map<Folder, ReadonlyMap<string, PartName>>();
  const partsIn = (folder: Folder, isWithinPart: boolean) => {
    const parts = known.get(folder) ?? partsAmong(folder, isWithinPart);
    known.set(folder, parts);
    return parts;
  };
  return paths.map((segments) => findGivenPart(segments, root, partsIn));
}

function findGivenPart(
  segments: readonly string[],
  root: Folder,
  partsIn: (folder: Folder, isWithinPart: boolean) => ReadonlyMap<string, PartName>,
): GivenPart {
  const given: GivenPart = { part: "", first: -1, last: -1 };
  let folder: Folder | undefined = root;
  for (const [depth, segment] of segments.entries()) {
    if (!folder) break;
    const part = partsIn(folder, given.part !== "").get(segment);
    if (given.part === "" && part !== undefined) Object.assign(given, { part, first: depth, last: depth });
    else if (given.part !== "") {
      // Validation may stand within train; what stands within test is not for training, whatever its name.
      if (part === undefined || (given.part !== "train" && given.part !== part)) break;
      Object.assign(given, { part, last: depth });
    }
    folder = folder.folders.get(segment);
  }
  return given;
}

function partsAmong({ folders }: Folder, isWithinPart: boolean): Map<string, PartName> {
  const named = [...folders.keys()].flatMap((name) => partOfFolder(name) ?? []);
  const plain = named.filter(({ rest }) => rest === "");
  const holdsFolders = (name: string) => (folders.get(name)?.folders.size ?? 0) > 0;
  const isPart = ({ name, rest }: NamedPart): boolean => {
    const kinds = new Set(named.filter((other) => other.rest === rest).map(({ part }) => part));
    // Unpacked archives stand in folders of their own name: seg_train/seg_train.
    if (rest !== "") return kinds.size > 1 || (isWithinPart && folders.size === 1);
    if (plain.length === folders.size) return true;
    if (isWithinPart) return false;
    // Beside others it is a part if it alone holds folders, of classes; a class holds images.
    return (
      (kinds.size > 1 && kinds.has("train")) || [...folders.keys()].every((other) => holdsFolders(other) === (other === name))
    );
  };
  return new Map(named.filter(isPart).map(({ name, part }) => [name, part]));
}

interface NamedPart {
  name: string;
  part: PartName;
  /** What its name says beside the part, "" for nothing. */
  rest: string;
}

function partOfFolder(name: string): NamedPart | null {
  const words = name
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
  const [at, ...others] = words.flatMap((word, i) => (partOfWord.has(word) ? [i] : []));
  const part = partOfWord.get(words[at ?? -1] ?? "");
  if (at === undefined || part === undefined || others.length > 0) return null;
  const rest = words.filter((word, i) => i !== at && !fillers.has(word));
  return { name, part, rest: rest.join(" ") };
}
