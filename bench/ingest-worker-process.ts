import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import type { ArtifactRef } from "../ml/artifact.ts";

/** A data worker of the ingest benchmark in a process of its own, with one decoding thread. */
export class IngestWorker {
  readonly #child;
  readonly #lines: AsyncIterator<string>;

  constructor(given: object) {
    const program = fileURLToPath(new URL("ingest-worker.js", import.meta.url));
    this.#child = spawn(process.execPath, [program, JSON.stringify(given)], {
      env: { ...process.env, UV_THREADPOOL_SIZE: "1" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async make(parts: readonly ArtifactRef[]): Promise<void> {
    this.#child.stdin.write(`${JSON.stringify(parts)}\n`);
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error("A worker ended before its parts were made");
      if (value === "done") return;
    }
  }

  end(): void {
    this.#child.stdin.end();
  }
}
