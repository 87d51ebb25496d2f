import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";

import type { ImageCase } from "./cases.ts";

/** What one epoch cost. */
export interface EpochCost {
  seconds: number;
  /** Processor time of all threads: what is left comparable on a busy machine. */
  cpuSeconds: number;
  residentBytes: number;
  /** The most it ever took; of convoy only. */
  peakBytes?: number;
}

/** A process that trains one epoch a line: it is given its case as its argument, and answers each line on stdin with a cost as JSON. */
export class Contestant {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  #errors = "";

  constructor(command: readonly [string, ...string[]], given: ImageCase, variables: Record<string, string>) {
    const [program, ...args] = command;
    const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "2", ...variables };
    this.#child = spawn(program, [...args, JSON.stringify(given)], { env });
    this.#child.stderr.on("data", (text: Buffer) => (this.#errors = `${this.#errors}${text.toString()}`.slice(-4000)));
    this.#reader = createInterface({ input: this.#child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** @throws {Error} with the process' last words if it ends instead of answering */
  async epoch(): Promise<EpochCost> {
    this.#child.stdin.write("epoch\n");
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`${this.#child.spawnargs.slice(0, 2).join(" ")} ended: ${this.#errors}`);
      if (value.startsWith("{")) return JSON.parse(value) as EpochCost;
    }
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.stdin.end();
    await ended;
  }
}

/** The contestant's side: its case. */
export function givenCase(): ImageCase {
  return JSON.parse(process.argv[2] ?? "null") as ImageCase;
}

/** The contestant's side: trains an epoch for each line and answers what it cost. */
export async function answerEpochs(trainEpoch: () => Promise<unknown>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    if (line !== "epoch") continue;
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    await trainEpoch();
    const { user, system } = process.cpuUsage(cpu);
    const cost = {
      seconds: (performance.now() - start) / 1000,
      cpuSeconds: (user + system) / 1e6,
      residentBytes: process.memoryUsage.rss(),
      peakBytes: process.resourceUsage().maxRSS * 1024,
    };
    process.stdout.write(`${JSON.stringify(cost)}\n`);
  }
}

/** Random images: speed does not depend on what they show. */
export function randomPixels({ height, width, channels, rows }: ImageCase): Uint8Array {
  const pixels = new Uint8Array(rows * height * width * channels);
  let state = 1;
  for (let i = 0; i < pixels.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0; // Numerical Recipes' generator: cheap, and the same for everybody
    pixels[i] = state >>> 24;
  }
  return pixels;
}
