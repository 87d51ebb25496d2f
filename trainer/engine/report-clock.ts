import { setImmediate } from "node:timers/promises";

const everyMs = 250;

/** Asks for a report about four times a second, and lets messages in then: TensorFlow blocks the event loop. */
export class ReportClock {
  #reported = performance.now();

  /** @returns what `report` said, where one was due; else false */
  async tick(report: () => Promise<boolean>): Promise<boolean> {
    if (performance.now() - this.#reported < everyMs) return false;
    await setImmediate();
    const answer = await report();
    this.#reported = performance.now();
    return answer;
  }
}
