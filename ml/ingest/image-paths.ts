import { findGivenParts } from "./given-parts.ts";
import type { PartName } from "./schema.ts";

/** Also of kinds that are not read: such images are listed with the others that could not be, and not missing without a word. */
const kindsByEnding = new Map([
  ["jpg", "JPEG"],
  ["jpeg", "JPEG"],
  ["jpe", "JPEG"],
  ["jfif", "JPEG"],
  ["png", "PNG"],
  ["webp", "WebP"],
  ["tif", "TIFF"],
  ["tiff", "TIFF"],
  ["gif", "GIF"],
  ["bmp", "BMP"],
  ["heic", "HEIC"],
  ["heif", "HEIC"],
  ["avif", "AVIF"],
  ["jp2", "JPEG 2000"],
  ["jxl", "JPEG XL"],
  ["dcm", "DICOM"],
]);

/** The kind of image that a name stands for, null where it is none of an image; what is inside is found when it is decoded. */
export function kindOfPath(path: string): string | null {
  const ending = /\.([a-z\d]+)$/i.exec(path)?.[1] ?? "";
  return kindsByEnding.get(ending.toLowerCase()) ?? null;
}

export function isImagePath(path: string): boolean {
  return kindOfPath(path) !== null;
}

export function isZipPath(path: string): boolean {
  return /\.zip$/i.test(path);
}

export function isTarPath(path: string): boolean {
  return /\.(?:tar|tar\.gz|tgz)$/i.test(path);
}

/** Files that systems leave behind: hidden ones, macOS' resource forks, Windows' thumbnails. */
export function isJunkPath(path: string): boolean {
  return (
    path.split("/").some((segment) => segment.startsWith(".") || segment === "__MACOSX") || /(?:^|\/)Thumbs\.db$/i.test(path)
  );
}

/** What a path says of an image. */
export interface PlacedPath {
  /** The class folder's name, or null where it stands in none. */
  label: string | null;
  part: PartName | "";
}

/**
 * The class and part that folders give each image: `train/cats/1.jpg`, `cats/train/1.jpg`, or just `cats/1.jpg`, below any folders that
 * all have in common. Folders within a class folder mean nothing, and images in no folder at all have no class.
 */
export function placePaths(paths: readonly string[]): PlacedPath[] {
  const folders = paths.map((path) => path.split("/").slice(0, -1));
  const common = commonDepth(folders.filter(({ length }) => length > 0));
  const given = findGivenParts(folders);
  return folders.map((segments, i) => {
    const { part, first, last } = given[i]!;
    if (part === "") return { part, label: segments[common] ?? segments.at(-1) ?? null };
    return { part, label: segments[last + 1] ?? (first > common ? segments[first - 1]! : null) };
  });
}

/** An image as it is listed: loose, where `file` is its path, or in an archive. */
interface PlacedImage {
  path: string;
  file: string;
  /** Its name in the archive; where absent, its path is. */
  member?: string | null;
}

/** {@link placePaths} of images, of which some are in archives: `test.zip` is the folder that it would be unpacked to. */
export function placeImages(images: readonly PlacedImage[]): PlacedPath[] {
  const archives = [...new Set(images.map(({ file }) => file).filter((file) => isZipPath(file) || isTarPath(file)))];
  const folders = archives.map((file) => file.replace(/\.(?:zip|tar|tar\.gz|tgz)$/i, "").split("/"));
  const prefixes = new Map(
    findGivenParts(folders).map(({ last }, i) => [
      archives[i]!,
      folders[i]!.slice(0, last + 1)
        .map((folder) => `${folder}/`)
        .join(""),
    ]),
  );
  return placePaths(
    images.map(({ path, file, member }) => {
      const prefix = prefixes.get(file);
      return prefix === undefined ? path : `${prefix}${member ?? path}`;
    }),
  );
}

/** How many leading folders all paths share. */
function commonDepth(folders: readonly (readonly string[])[]): number {
  const [first = []] = folders;
  let depth = first.length;
  for (const segments of folders) {
    while (depth > 0 && !first.slice(0, depth).every((segment, i) => segments[i] === segment)) depth--;
  }
  return depth;
}
