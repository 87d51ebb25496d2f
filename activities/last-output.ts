const keptBytes = 4096;

/** What TensorFlow says whenever it starts, and its other notes of level info; glog's form: a letter, then month and day. */
const chatter = /^(I\d{4} |WARNING: All log messages before absl|To enable the following instructions)/;

/** Cuts a process' output into lines, hands them on, and keeps the last 4 KB for whoever has to explain its end. */
export class LastOutput {
  readonly #onLine: (line: string, level: "debug" | "info") => void;
  #partial = "";
  #kept = "";

  constructor(onLine: (line: string, level: "debug" | "info") => void) {
    this.#onLine = onLine;
  }

  take(text: string): void {
    this.#kept = (this.#kept + text).slice(-keptBytes);
    const lines = (this.#partial + text).split(/\r?\n/);
    // A process that writes no newline must not fill memory.
    this.#partial = (lines.pop() ?? "").slice(-keptBytes);
    for (const line of lines) if (line.trim() !== "") this.#onLine(line, chatter.test(line) ? "debug" : "info");
  }

  /** The last lines that say anything, at most so many. */
  lines(limit: number): string[] {
    return this.#kept
      .split(/\r?\n/)
      .filter((line) => line.trim() !== "" && !chatter.test(line))
      .slice(-limit);
  }
}
