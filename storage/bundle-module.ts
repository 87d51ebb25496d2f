import { dirname, resolve } from "node:path";

import type { Message } from "esbuild";

import { InvalidConfiguration, ModuleFailed } from "../ml/errors.ts";

/** Shared with convoy instead of bundled: a second TensorFlow could not use the first one's tensors. */
const shared = ["convoy", "@tensorflow/tfjs"];

/**
 * A module of the user's own with everything it imports, as one text that runs on any worker: TypeScript and npm packages included. Equal
 * files give equal bytes, wherever they lie.
 *
 * @param file as the pipeline file names it
 * @throws {InvalidConfiguration} where there is no such file
 * @throws {ModuleFailed} where it does not compile, with file and line of each mistake
 */
export async function bundleModule(file: string, folder: string): Promise<Uint8Array> {
  // Only runs with modules of their own pay for loading it.
  const { build } = await import("esbuild");
  const entry = resolve(folder, file);
  const result = await build({
    entryPoints: [entry],
    absWorkingDir: dirname(entry),
    outfile: "module.cjs",
    write: false,
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    external: shared,
    sourcemap: "inline",
    sourcesContent: false,
    legalComments: "none",
    charset: "utf8",
    logLevel: "silent",
  }).catch((cause: unknown) => {
    throw explain(file, entry, cause);
  });
  return result.outputFiles[0]?.contents ?? new Uint8Array();
}

function explain(file: string, entry: string, cause: unknown): unknown {
  const errors = (cause as { errors?: Message[] } | null)?.errors;
  if (!errors) return cause;
  if (errors.some(({ text }) => text.startsWith("Could not resolve") && text.includes(entry)))
    return new InvalidConfiguration(
      `There is no module ${file} (looked for ${entry}); its path is relative to the pipeline file`,
      { cause },
    );
  const lines = errors.map(({ location, text }) =>
    location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : text,
  );
  return new ModuleFailed(`${file} does not compile: ${lines.join("; ")}`, { cause });
}
