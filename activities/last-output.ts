const keptBytes = 4096;

/** Cuts a process' output into lines, hands them on, and keeps the last 4 KB for whoever has to explain its end. */
export class LastOutput {
  readonly #onLine: (line: string) => void;
  #partial = "";
  #kept = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  take(text: string): void {
    this.#kept = (this.#kept + text).slice(-keptBytes);
    const lines = (this.#partial + text).split(/\r?\n/);
    // A process that writes no newline must not fill memory.
    this.#partial = (lines.pop() ?? "").slice(-keptBytes);
    for (const line of lines) if (line.trim() !== "") this.#onLine(line);
  }

  /** The last lines, at most so many. */
  lines(limit: number): string[] {
    return this.#kept
      .split(/\r?\n/)
      .filter((line) => line.trim() !== "")
      .slice(-limit);
  }
}
