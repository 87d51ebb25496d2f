import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundlePrograms } from "./bundle-programs.mjs";
import { codeHash, lockedPackages } from "./code-hash.mjs";
import { withLock } from "./lock.mjs";
import { root as ownRoot } from "./paths.mjs";
import { InstallError, runProgram } from "./run-program.mjs";
import { sourceStamp } from "./source-stamp.mjs";

const keptDays = 7;
const keptBuilds = 5;

/** What stages execute besides their own activity: the trainer's code, and what makes their parts. */
const furtherEntries = {
  ingest: ["activities/ingest-part.js"],
  explore: ["activities/label-noise.js", "trainer/jobs/label-noise.js"],
  train: ["trainer/main.js"],
  evaluate: ["trainer/main.js"],
  register: ["trainer/main.js"],
};

/**
 * Compiles the sources into `dist/<buildId>/` unless that build is there, and points `dist/current.json` at it.
 * The id is made of the compiled code and the locked packages: equal sources give equal ids in any clone, comments and types
 * change nothing. A build directory appears complete, by one rename, and is never changed afterwards.
 * @returns {Promise<{buildId: string, directory: string, reused: boolean}>}
 * @throws {InstallError} when the compiler or the workflow bundler refuses
 */
export async function build({ root = ownRoot } = {}) {
  const dist = join(root, "dist");
  return withLock(join(dist, ".build.lock"), async () => {
    removeLeftovers(dist);
    const stamp = sourceStamp(root); // taken before compiling: an edit made meanwhile makes the build stale, never wrongly fresh
    const compiled = join(dist, `.compiling-${process.pid}`);
    try {
      await compile(root, compiled);
      const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
      const buildId = buildIdOf(compiled, lock);
      const directory = join(dist, buildId);
      const reused = existsSync(directory);
      if (reused) utimesSync(directory, new Date(), new Date());
      else {
        await finish(compiled, buildId, lock);
        renameSync(compiled, directory);
      }
      writeAtomically(join(dist, "current.json"), `${JSON.stringify({ buildId, stamp })}\n`);
      // What `import "convoy"` finds: package.json needs a path without the id.
      writeAtomically(join(dist, "index.js"), `export * from "./${buildId}/index.js";\n`);
      removeOldBuilds(dist, buildId);
      return { buildId, directory, reused };
    } finally {
      rmSync(compiled, { recursive: true, force: true });
    }
  });
}

/**
 * The present build's folder; the sources are compiled only where they changed since.
 * @throws {InstallError}
 */
export async function freshBuild({ root = ownRoot } = {}) {
  const current = currentBuild(root);
  return current?.stamp === sourceStamp(root) ? join(root, "dist", current.buildId) : (await build({ root })).directory;
}

/** @returns {{buildId: string, stamp?: string} | undefined} what `dist/current.json` says, if that build is there */
export function currentBuild(root = ownRoot) {
  try {
    const current = JSON.parse(readFileSync(join(root, "dist", "current.json"), "utf8"));
    return existsSync(join(root, "dist", current.buildId, "stages.json")) ? current : undefined;
  } catch {
    return undefined; // never built, or the file is damaged: building mends both
  }
}

/**
 * Writes the declarations of what the package exports to `dist/types/`, with their comments: only packing and `npm link` need them.
 * @throws {InstallError} when the compiler refuses
 */
export async function writeTypes({ root = ownRoot } = {}) {
  const { code, output } = await runCompiler(root, ["-p", "tsconfig.types.json"]);
  if (code !== 0)
    throw new InstallError({ component: "Build", problem: "the declarations could not be written.", output, mend: "npx tsc" });
}

async function compile(root, outDir) {
  // Types are checked by `npm run check`; here a type error in one room shall not stop a run that does not use it.
  const { code, output } = await runCompiler(root, ["-p", "tsconfig.build.json", "--noCheck", "--outDir", outDir]);
  if (code === 0) return;
  throw new InstallError({
    component: "Build",
    problem: "the TypeScript compiler refused the sources.",
    output,
    mend: "npx tsc",
  });
}

/** By the compiler's module: Node 20.9 refuses its program, which has no ending. */
function runCompiler(root, args) {
  const compiler = join(root, "node_modules", "typescript", "lib", "tsc.js");
  return runProgram(process.execPath, [compiler, ...args], { cwd: root });
}

/** Made from the compiled code by `finish`, so they add nothing to its identity. */
const isDerived = (file) => file === "stages.json" || file === "workflow-bundle.js" || file.startsWith("programs/");

/** The id that compiled code has together with the packages it runs with; also of a finished build's folder. */
export function buildIdOf(compiled, lock) {
  const hash = createHash("sha256").update(lockedPackages(lock));
  for (const file of filesBelow(compiled).filter((name) => !isDerived(name)))
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(compiled, file)))
      .update("\0");
  return hash.digest("hex").slice(0, 12);
}

/** Packages that two lock files hold in different versions, as `name@version`; what only serves development does not count. */
export function lockDifferences(needed, present) {
  const lines = (lock) => lockedPackages(lock).trim().split("\n");
  const known = new Set(lines(present));
  return lines(needed)
    .filter((line) => !known.has(line))
    .map((line) => line.replace(/^node_modules\//, "").replace(/@([^@ ]*)[^@]*$/, "@$1"));
}

async function finish(compiled, buildId, lock) {
  const activities = join(compiled, "activities");
  const { stages: verbs } = await import(pathToFileURL(join(compiled, "ml", "stages.js")).href);
  const stages = {};
  for (const verb of verbs) {
    if (!existsSync(join(activities, `${verb}.js`))) continue;
    const further = (furtherEntries[verb] ?? []).map((entry) => join(...entry.split("/")));
    const entries = [join("activities", `${verb}.js`), ...further.filter((entry) => existsSync(join(compiled, entry)))];
    stages[verb] = codeHash(compiled, entries, lock);
  }
  writeFileSync(join(compiled, "stages.json"), `${JSON.stringify({ formatVersion: 1, buildId, stages }, null, 2)}\n`);
  const workflows = join(compiled, "workflows", "index.js");
  if (existsSync(workflows)) writeFileSync(join(compiled, "workflow-bundle.js"), await bundleWorkflows(workflows));
  await bundlePrograms(compiled);
}

async function bundleWorkflows(workflowsPath) {
  const { bundleWorkflowCode } = await import("@temporalio/worker");
  const messages = [];
  const log = (level, message) => level !== "DEBUG" && level !== "TRACE" && messages.push(message);
  const logger = {
    log,
    trace: () => {},
    debug: () => {},
    info: (message) => log("INFO", message),
    warn: (message) => log("WARN", message),
    error: (message) => log("ERROR", message),
  };
  try {
    return (await bundleWorkflowCode({ workflowsPath, logger })).code;
  } catch (cause) {
    const output = `${messages.join("\n")}\n${cause.message}`;
    throw new InstallError({
      component: "Build",
      problem: "the workflows could not be bundled.",
      output,
      mend: "npx tsc && npx oxlint workflows",
      cause,
    });
  }
}

/** What a killed build left; only the holder of the lock comes here. */
function removeLeftovers(dist) {
  for (const name of readdirSync(dist)) {
    if (name.startsWith(".compiling-") || name.startsWith("current.json."))
      rmSync(join(dist, name), { recursive: true, force: true });
  }
}

/** Workers of older builds may still drain, so builds of the last seven days stay, and at least the newest five. */
function removeOldBuilds(dist, currentId) {
  const builds = readdirSync(dist)
    .filter((name) => /^[0-9a-f]{12}$/.test(name) && name !== currentId)
    .map((name) => ({ name, usedMs: statSync(join(dist, name)).mtimeMs }))
    .sort((a, b) => b.usedMs - a.usedMs);
  for (const { name, usedMs } of builds.slice(keptBuilds - 1)) {
    if (Date.now() - usedMs > keptDays * 86_400_000) rmSync(join(dist, name), { recursive: true, force: true });
  }
}

function filesBelow(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(directory.length + 1))
    .sort();
}

function writeAtomically(path, text) {
  const temporary = `${path}.${process.pid}`;
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}
