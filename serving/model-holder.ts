import { setTimeout as sleep } from "node:timers/promises";

import type { StageLog } from "../activities/stage.ts";
import type { ModelVersion } from "../ml/register/schema.ts";
import { MicroBatcher } from "./micro-batcher.ts";
import type { Predictor } from "../activities/predictor.ts";
import { pixelsOnly } from "./pixels-only.ts";

/** A version that answers. Whoever took it may finish with it, even when another has taken its place. */
export interface ServedVersion {
  version: ModelVersion;
  batcher: MicroBatcher;
}

export interface HolderOptions {
  /** The version to be served now; where an alias points may change. */
  resolve: () => Promise<ModelVersion>;
  open: (version: ModelVersion) => Promise<Pick<Predictor, "batchSize" | "predict" | "ended" | "close">>;
  log: StageLog;
  /** How often it is looked where the alias points. */
  pollMs: number;
  onBatch: (rows: number, seconds: number) => void;
  /** Told of each attempt to serve a version. */
  onChange: (version: number, isServed: boolean) => void;
}

interface Held extends ServedVersion {
  predictor: Awaited<ReturnType<HolderOptions["open"]>>;
}

/** A version that cannot be opened is tried again, at last this seldom: each try starts a process. */
const longestWaitMs = 60_000;

/**
 * Keeps the version that is wanted ready to answer. The next one is loaded and compiled before it takes over, and the one before ends when
 * it has answered all it was asked; if a version cannot be opened, the present one goes on. A process that died is replaced.
 */
export class ModelHolder {
  readonly #options: HolderOptions;
  readonly #closed = new AbortController();
  #wake = new AbortController();
  #held: Held | null = null;
  #following: Promise<void> = Promise.resolve();
  readonly #ending = new Set<Promise<void>>();

  constructor(options: HolderOptions) {
    this.#options = options;
  }

  /** Resolves when the first version answers. @throws whatever keeps it from that */
  async start(): Promise<ModelVersion> {
    const version = await this.#options.resolve();
    await this.#open(version);
    this.#following = this.#follow();
    return version;
  }

  /** Null while a process that died is being replaced. */
  get served(): ServedVersion | null {
    return this.#held;
  }

  /** Resolves when everything asked is answered and every process gone. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#wake.abort();
    await this.#following;
    if (this.#held) this.#retire(this.#held);
    this.#held = null;
    await Promise.all(this.#ending);
  }

  async #follow(): Promise<void> {
    let waitMs = this.#options.pollMs;
    while (!this.#closed.signal.aborted) {
      await sleep(waitMs, undefined, { signal: this.#wake.signal }).catch(() => undefined); // woken: something happened
      if (this.#wake.signal.aborted) this.#wake = new AbortController();
      if (this.#closed.signal.aborted) return;
      const isUpToDate = await this.#bringUpToDate();
      waitMs = isUpToDate ? this.#options.pollMs : Math.min(longestWaitMs, 2 * waitMs);
    }
  }

  /** @returns false where the wanted version cannot be served, or nobody can say which it is */
  async #bringUpToDate(): Promise<boolean> {
    const { log, onChange, resolve } = this.#options;
    let wanted: ModelVersion | null = null;
    try {
      wanted = await resolve();
      if (wanted.version === this.#held?.version.version) return true;
      await this.#open(wanted);
      return true;
    } catch (error) {
      // Serving goes on with what there is; the next look may find better.
      if (wanted) onChange(wanted.version, false);
      const what = wanted ? `version ${wanted.version} cannot be served` : "the registry cannot be read";
      log.error({}, `${what}: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }

  async #open(version: ModelVersion): Promise<void> {
    const { open, onBatch, onChange, log } = this.#options;
    const predictor = await open(version);
    const batcher = new MicroBatcher(predictor, { classCount: version.signature.classes.length, onBatch });
    const before = this.#held;
    const held: Held = { version, predictor, batcher };
    this.#held = held;
    void predictor.ended.then((reason) => this.#replaceDead(held, reason));
    onChange(version.version, true);
    log.info({}, `${version.name}:${version.version} answers`);
    const limit = pixelsOnly(version.signature);
    if (limit !== null) log.warn({}, limit);
    if (before) this.#retire(before);
  }

  #replaceDead(held: Held, reason: Error): void {
    if (this.#held !== held) return; // ended as asked
    this.#options.log.error({}, reason.message);
    this.#held = null;
    this.#wake.abort();
  }

  #retire({ batcher, predictor }: Held): void {
    const ending = batcher
      .drained()
      .then(() => predictor.close())
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
