import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { InstallError } from "./run-program.mjs";

/** What processes are started with; `programs/<name>.js` within a build. */
const clientPrograms = { cli: "cli/main.js", supervisor: "stack/supervisor.js" };
const workerPrograms = {
  "data-worker": "workers/data-worker.js",
  "gpu-worker": "workers/gpu-worker.js",
  trainer: "trainer/main.js",
};

/** Load native code, WebAssembly, threads or files that lie beside their own. */
const unbundled = [
  "sharp",
  "@tensorflow/*",
  "@temporalio/worker",
  "@temporalio/core-bridge",
  "esbuild",
  "h5wasm",
  "mnist",
  "pino",
  "pino-pretty",
];

/**
 * Packages of the CommonJS kind that stay where they are, by `require`: `import` would read them for the names they export first, which
 * takes TensorFlow.js half a second. A worker and its activities must share one copy of Temporal's, of which the worker's is not bundled.
 */
const required = {
  name: "required",
  setup({ onResolve, onLoad }) {
    const namespace = "required";
    onResolve({ filter: /^(@temporalio\/.*|@tensorflow\/tfjs)$/ }, ({ path, namespace: from }) =>
      from === namespace ? { path, external: true } : { path, namespace },
    );
    onLoad({ filter: /./, namespace }, ({ path }) => ({ contents: `module.exports = require(${JSON.stringify(path)});` }));
  },
};

/**
 * Writes the programs of a build's folder to its `programs/`, each with all that it imports: one file takes a third less
 * processor time to start than the thousand that it was, a trainer half. Nothing happens where they are. Like the rooms of a build the
 * folder is flat, so that a module finds the build from wherever it lies, one folder up.
 * @throws {InstallError} when the bundler refuses
 */
export async function bundlePrograms(folder) {
  const target = join(folder, "programs");
  if (existsSync(target)) return;
  const partial = `${target}.${process.pid}`;
  try {
    mkdirSync(partial);
    await bundle(folder, partial, clientPrograms);
    await bundle(folder, partial, workerPrograms, [required]);
    renameSync(partial, target);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

async function bundle(folder, outdir, programs, plugins = []) {
  const present = Object.entries(programs).filter(([, entry]) => existsSync(join(folder, entry)));
  if (present.length === 0) return;
  const { build } = await import("esbuild");
  try {
    await build({
      entryPoints: Object.fromEntries(present.map(([name, entry]) => [name, join(folder, entry)])),
      outdir,
      external: unbundled,
      plugins,
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node20.9",
      legalComments: "none",
      logLevel: "silent",
      // Packages of the CommonJS kind ask for Node's own modules by it.
      banner: { js: 'import { createRequire as requireFrom } from "node:module";const require = requireFrom(import.meta.url);' },
    });
  } catch (cause) {
    throw new InstallError({
      component: "Build",
      problem: "the programs could not be bundled.",
      output: cause.message,
      mend: "npx tsc",
      cause,
    });
  }
}
