import { kindOfPath } from "./image-paths.ts";

/**
 * Finds images by the names that tables give them: a path or the end of one, with or without extension; folders in front that the source does not
 * have, `/home/ann/data/cats/1.jpg`, are left aside. Slashes may lean either way, `.JPG` is `.jpg`, and letters with accents may be one sign or two
 * (macOS parts them in the names of files).
 */
export class ImageNames {
  readonly #paths: ReadonlySet<string>;
  /** Paths by all ends of them. */
  readonly #byEnd = new Map<string, string[]>();
  readonly #byWhole = new Map<string, string[]>();

  constructor(paths: readonly string[]) {
    this.#paths = new Set(paths);
    for (const path of paths) {
      for (const name of new Set([plain(path), withoutExtension(plain(path))])) {
        add(this.#byWhole, name, path);
        for (const end of ends(name)) add(this.#byEnd, end, path);
      }
    }
  }

  /** The images that a key may mean; more than one where it does not say which. */
  find(key: string): readonly string[] {
    if (this.#paths.has(key)) return [key];
    const name = plain(key);
    const found = this.#byWhole.get(name) ?? this.#byEnd.get(name);
    if (found) return found;
    for (const end of ends(name)) {
      const whole = this.#byWhole.get(end);
      if (whole) return whole;
    }
    return [];
  }
}

function add(index: Map<string, string[]>, name: string, path: string): void {
  const known = index.get(name);
  if (known) known.push(path);
  else index.set(name, [path]);
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

/** `a/b/c`, `b/c`, `c`. */
function ends(name: string): string[] {
  const segments = name.split("/");
  return segments.map((_, i) => segments.slice(i).join("/"));
}
