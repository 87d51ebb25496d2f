import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { cacheDirectory } from "./paths.mjs";

const manifestName = "installed.json";

/**
 * The folder `name` of the cache, made by `make(temporaryFolder)` if it is not there. It appears complete, by one rename: two
 * processes may ask at once, and what a killed one left is removed.
 * @param {(folder: string) => Promise<object | void>} make fills the folder; what it returns is kept in the manifest
 * @returns {Promise<string>} the folder
 */
export async function installOnce(name, make, { onWait } = {}) {
  const cache = cacheDirectory();
  const folder = join(cache, name);
  if (installedManifest(folder)) return folder;
  return withLock(
    join(cache, `.${name}.lock`),
    async () => {
      if (installedManifest(folder)) return folder; // made while we waited
      removeLeftovers(cache, name);
      const temporary = join(cache, `.${name}.part-${process.pid}`);
      mkdirSync(temporary);
      try {
        const facts = await make(temporary);
        writeFileSync(join(temporary, manifestName), `${JSON.stringify({ ...facts, files: fileSizes(temporary) })}\n`);
        removeLeftovers(cache, name, temporary); // again: a download may have outlived its killed parent
        renameSync(temporary, folder);
      } finally {
        rmSync(temporary, { recursive: true, force: true });
      }
      return folder;
    },
    { onWait },
  );
}

/**
 * What `make` returned, with the size of each file; undefined unless every file is there with its size (a power cut can leave
 * empty files behind a finished rename).
 */
export function installedManifest(folder) {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, manifestName), "utf8"));
    const isWhole = Object.entries(manifest.files).every(([file, size]) => statSync(join(folder, file)).size === size);
    return isWhole ? manifest : undefined;
  } catch {
    return undefined; // not installed, or only in part: installing mends both
  }
}

/** Bytes on disk of an installed program. */
export function installedBytes(folder) {
  const { files } = installedManifest(folder) ?? { files: {} };
  return Object.values(files).reduce((sum, size) => sum + size, 0);
}

function fileSizes(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .map((path) => [path.slice(folder.length + 1), statSync(path).size]),
  );
}

/** Only the lock's holder comes here, so whatever is in the way is damaged or left behind. */
function removeLeftovers(cache, name, own) {
  for (const entry of readdirSync(cache)) {
    const path = join(cache, entry);
    if (path !== own && (entry === name || entry.startsWith(`.${name}.part-`))) rmSync(path, { recursive: true, force: true });
  }
}
