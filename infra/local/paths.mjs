import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where convoy itself lies: the clone, or the folder of the installed package. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * The settings that installing reads from the environment; only this file reads it.
 * Read at each call, so that a test may set them.
 */
export function installSettings() {
  const { env } = process;
  return {
    temporalAddress: env.TEMPORAL_ADDRESS,
    temporalConfigFile: env.TEMPORAL_CONFIG_FILE ?? join(configHome(env), "temporalio", "temporal.toml"),
    s3Endpoint: env.S3_ENDPOINT,
    /** `versitygw` or `seaweedfs`; undefined takes the first that this machine can have. */
    s3Server: oneOf("CONVOY_S3_SERVER", env.CONVOY_S3_SERVER, ["versitygw", "seaweedfs"]),
    /** `cpu` or `gpu`; undefined looks for an NVIDIA driver. */
    tensorflow: oneOf("CONVOY_TENSORFLOW", env.CONVOY_TENSORFLOW, ["cpu", "gpu"]),
    path: env.PATH ?? "",
  };
}

/** Whether the terminal cannot redraw a line. */
export function isDumbTerminal() {
  return process.env.TERM === "dumb";
}

/** The environment for programs that installing starts: this one's, with `changes`. */
export function childEnvironment(changes = {}) {
  return { ...process.env, ...changes };
}

/** `$XDG_CACHE_HOME/convoy`, made if missing: programs, one folder a version. */
export function cacheDirectory() {
  const { env } = process;
  const directory = join(absolute(env.XDG_CACHE_HOME) ?? join(env.HOME ?? homedir(), ".cache"), "convoy");
  mkdirSync(directory, { recursive: true });
  return directory;
}

/**
 * The folder of an npm package as convoy sees it, which is an outer project's `node_modules` when convoy is a package there.
 * @returns undefined when the package is not installed
 */
export function packageDirectory(name) {
  const require = createRequire(join(root, "package.json"));
  for (const folder of require.resolve.paths(name) ?? []) {
    const candidate = join(folder, name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
  }
  return undefined;
}

/** A clone has the sources and builds itself; an installed package ships its build. */
export function isClone() {
  return existsSync(join(root, "tsconfig.build.json")) && existsSync(join(root, "package-lock.json"));
}

function configHome(env) {
  return absolute(env.XDG_CONFIG_HOME) ?? join(env.HOME ?? homedir(), ".config");
}

/** The XDG specification says that relative paths are to be ignored. */
function absolute(path) {
  return path?.startsWith("/") ? path : undefined;
}

function oneOf(name, value, allowed) {
  if (value === undefined || value === "" || value === "auto") return undefined;
  if (allowed.includes(value)) return value;
  throw new Error(`${name} must be one of ${allowed.join(", ")}; received "${value}".`);
}
