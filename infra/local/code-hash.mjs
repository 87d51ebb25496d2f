import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** What a compiled module names: static and dynamic imports, requires, and files it starts as threads or processes. */
const specifierPatterns = [
  /(?:^|[\n;])\s*(?:import|export)\b[^;'"`]*?\bfrom\s*["']([^"']+)["']/g,
  /(?:^|[\n;])\s*import\s*["']([^"']+)["']/g,
  /\bimport\(\s*["']([^"']+)["']\s*\)/g,
  /\brequire(?:\.resolve)?\(\s*["']([^"']+)["']\s*\)/g,
  /\bnew URL\(\s*["']([^"']+)["']\s*,\s*import\.meta\.url\s*\)/g,
];

/**
 * The hash of all code that a stage can execute: the contents of the compiled files reachable from `entries`, and name, version
 * and integrity of every locked npm package that those files import, with the packages that these need in turn.
 * @param {string} directory the compiled tree
 * @param {string[]} entries paths inside it
 * @param {{packages: Record<string, object>}} lock package-lock.json
 * @returns {string} sha256, hex
 */
export function codeHash(directory, entries, lock) {
  const files = new Map();
  const packages = new Map();
  const pending = entries.map((entry) => join(directory, entry));
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (files.has(file)) continue;
    const code = readFileSync(file, "utf8");
    files.set(file, code);
    for (const specifier of specifiersOf(code)) {
      if (specifier.startsWith(".")) {
        const target = resolve(dirname(file), specifier);
        if (/\.[cm]?js$/.test(target) && existsSync(target)) pending.push(target);
      } else {
        collectPackage(packageName(specifier), "", lock, packages);
      }
    }
  }
  const hash = createHash("sha256");
  for (const [file, code] of sorted(files)) hash.update(`${relative(directory, file)}\0${code}\0`);
  for (const [path, identity] of sorted(packages)) hash.update(`${path}\0${identity}\0`);
  return hash.digest("hex");
}

/** Name, version and integrity of every package that a build can load, as one text that is equal in every clone. */
export function lockedPackages(lock) {
  return sorted(Object.entries(lock.packages))
    .filter(([path, entry]) => path !== "" && !entry.dev)
    .map(([path, entry]) => `${path}@${identityOf(entry)}\n`)
    .join("");
}

function specifiersOf(code) {
  return specifierPatterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1]));
}

function packageName(specifier) {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** Adds the package that `from` (a path in the lock file, "" for the root) would load under `name`, and all it depends on. */
function collectPackage(name, from, lock, found) {
  const path = locate(name, from, lock);
  if (path === undefined || found.has(path)) return; // a module of Node's own, or an optional peer that is absent
  const entry = lock.packages[path];
  found.set(path, identityOf(entry));
  for (const dependency of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies, ...entry.peerDependencies })) {
    collectPackage(dependency, path, lock, found);
  }
}

/** Node's look-up: the nearest node_modules upward. */
function locate(name, from, lock) {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf("/node_modules/")))) {
    const candidate = `${base === "" ? "" : `${base}/`}node_modules/${name}`;
    if (candidate in lock.packages) return candidate;
    if (base === "") return undefined;
  }
}

function identityOf(entry) {
  return `${entry.version ?? ""} ${entry.integrity ?? ""}`;
}

function sorted(entries) {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
