import { kindOfPath } from "./image-paths.ts";

/** Images of one name, in different folders, that are gone through one by one; more are parted by their folder. */
const fewNamesakes = 16;

/**
 * Finds images by the names that tables give them: a path or the end of one, with or without extension; folders in front that the source does not
 * have, `/home/ann/data/cats/1.jpg`, are left aside. Slashes may lean either way, `.JPG` is `.jpg`, and letters with accents may be one sign or two
 * (macOS parts them in the names of files).
 */
export class ImageNames {
  readonly #paths: ReadonlySet<string>;
  /** Paths by the name of their file, without extension. */
  readonly #namesakes: ReadonlyMap<string, string[]>;
  /** Those of many namesakes by the folder they are in, "" for none; made when first asked for. */
  readonly #byFolder = new Map<string, ReadonlyMap<string, string[]>>();

  constructor(paths: readonly string[]) {
    this.#paths = new Set(paths);
    this.#namesakes = groupBy(paths, (path) => withoutExtension(fileOf(plain(path))));
  }

  /** The images that a key may mean; more than one where it does not say which. */
  find(key: string): readonly string[] {
    if (this.#paths.has(key)) return [key];
    const name = plain(key);
    const candidates = this.#candidates(name).map((path) => ({ path, names: namesOf(path) }));
    const those = (fits: (own: string) => boolean) => candidates.filter(({ names }) => names.some(fits)).map(({ path }) => path);
    const whole = those((own) => own === name);
    if (whole.length > 0) return whole;
    const byEnd = those((own) => own.endsWith(`/${name}`));
    if (byEnd.length > 0) return byEnd;
    const within = candidates.flatMap(({ names }) => names.filter((own) => name.endsWith(`/${own}`)));
    const longest = within.toSorted((a, b) => b.length - a.length)[0];
    return longest === undefined ? [] : those((own) => own === longest);
  }

  /** Paths whose file may be the one that a key names. */
  #candidates(name: string): string[] {
    const file = fileOf(name);
    return [...new Set([file, withoutExtension(file)])].flatMap((stem) => {
      const namesakes = this.#namesakes.get(stem) ?? [];
      if (namesakes.length <= fewNamesakes || file === name) return namesakes;
      const byFolder = this.#byFolder.get(stem) ?? groupBy(namesakes, (path) => folderOf(plain(path)));
      this.#byFolder.set(stem, byFolder);
      return [...new Set([folderOf(name), ""])].flatMap((folder) => byFolder.get(folder) ?? []);
    });
  }
}

function groupBy(paths: readonly string[], nameOf: (path: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const name = nameOf(path);
    const known = groups.get(name);
    if (known) known.push(path);
    else groups.set(name, [path]);
  }
  return groups;
}

function namesOf(path: string): string[] {
  const name = plain(path);
  return [name, withoutExtension(name)];
}

function plain(text: string): string {
  const name = text
    .normalize("NFC")
    .replaceAll("\\", "/")
    .replace(/^(?:\.\/)+/, "");
  return kindOfPath(name) === null ? name : name.replace(/[^.]*$/, (ending) => ending.toLowerCase());
}

/** Of a file's name; a dot in a folder's is none of its business. */
function withoutExtension(name: string): string {
  return name.replace(/\.[^./]*$/, "");
}

function fileOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

/** The name of the folder that a file is in, "" where it is in none. */
function folderOf(name: string): string {
  return name.split("/").at(-2) ?? "";
}
