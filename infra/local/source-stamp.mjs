import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * A text that changes when any file a build reads is edited, added, removed or renamed: the hash of path, size and time of
 * change of each. Takes milliseconds, reads no source, and is only comparable on the same file system.
 */
export function sourceStamp(root) {
  const hash = createHash("sha256");
  for (const file of [...compilerSettings, "package-lock.json"]) add(hash, root, file);
  const entries = readdirSync(root, { withFileTypes: true });
  for (const entry of entries.sort(byName)) {
    if (entry.isFile() && isSource(entry.name)) add(hash, root, entry.name);
  }
  for (const room of roomsOf(root)) addFolder(hash, root, room);
  return hash.digest("hex").slice(0, 32);
}

const compilerSettings = ["tsconfig.json", "tsconfig.build.json"];

/** The folders that tsconfig.json includes and tsconfig.build.json does not exclude. */
function roomsOf(root) {
  const [{ include }, { exclude }] = compilerSettings.map((file) => JSON.parse(readFileSync(join(root, file), "utf8")));
  return include.filter((pattern) => !pattern.includes("*") && !exclude.includes(pattern)).sort();
}

function addFolder(hash, root, folder) {
  let entries;
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if (error.code === "ENOENT") return; // a room that is not there yet
    throw error;
  }
  for (const entry of entries.sort(byName)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) addFolder(hash, root, path);
    else if (isSource(entry.name)) add(hash, root, path);
  }
}

function add(hash, root, path) {
  const { size, mtimeMs, ctimeMs } = statSync(join(root, path));
  hash.update(`${path}\0${size}\0${mtimeMs}\0${ctimeMs}\n`);
}

function isSource(name) {
  return /\.[cm]?tsx?$|\.json$/.test(name);
}

function byName(a, b) {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
