import { SourceMap } from "node:module";

import { ModuleFailed } from "../ml/errors.ts";

const inlineMap = /\/\/# sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)\s*$/;

/** Says of what a module throws where in the user's own files it was thrown. */
export class ModuleTrace {
  readonly #file: string;
  readonly #map: SourceMap | null;

  /** @param code as bundled, with its source map at the end */
  constructor(file: string, code: string) {
    this.#file = file;
    const encoded = inlineMap.exec(code)?.[1];
    this.#map =
      encoded === undefined
        ? null
        : new SourceMap(
            JSON.parse(Buffer.from(encoded, "base64").toString("utf8")) as ConstructorParameters<typeof SourceMap>[0],
          );
  }

  /** `during` says what convoy had called: "onEpochEnd". */
  failure(during: string, cause: unknown): ModuleFailed {
    const { name, message } = cause instanceof Error ? cause : { name: "Error", message: String(cause) };
    const reason = name === "Error" ? message : `${name}: ${message}`;
    return new ModuleFailed(`${this.#placeOf(cause) ?? this.#file} failed in ${during}: ${reason}`, { cause });
  }

  /** The innermost place of a stack that is in the module: `my-loss.ts:12:5`. */
  #placeOf(error: unknown): string | null {
    const stack = error instanceof Error ? (error.stack ?? "") : "";
    for (const line of stack.split("\n")) {
      const found = line.includes(`${this.#file}:`) ? /:(\d+):(\d+)\)?$/.exec(line) : null;
      if (!found) continue;
      // Both count from 0 in a source map, from 1 in a stack.
      const entry = this.#map?.findEntry(Number(found[1]) - 1, Number(found[2]) - 1);
      if (entry && "originalSource" in entry)
        return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    }
    return null;
  }
}
