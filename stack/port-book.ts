import { findFreePort, isPortFree } from "./ports.ts";
import type { StackSettings } from "./stack-files.ts";
import { readJsonFile, stackPaths, stackSettingsSchema, writeJsonFile } from "./stack-files.ts";

/** The ports of a stack by name: chosen once and kept, so that addresses stay the same over restarts. */
export class PortBook {
  readonly #path: string;
  #settings: StackSettings;
  readonly #onNotice: (notice: string) => void;

  constructor(stateFolder: string, onNotice: (notice: string) => void) {
    this.#path = stackPaths(stateFolder).settings;
    this.#settings = readJsonFile(this.#path, stackSettingsSchema) ?? { formatVersion: 1, ports: {} };
    this.#onNotice = onNotice;
  }

  /** The port of this name, free at this moment; another one than before, with a notice, when somebody else has taken it. */
  async claim(name: string): Promise<number> {
    const known = this.#settings.ports[name];
    if (known !== undefined && (await isPortFree(known))) return known;
    const taken = new Set(Object.values(this.#settings.ports));
    let port = await findFreePort();
    while (taken.has(port)) port = await findFreePort();
    if (known !== undefined) this.#onNotice(`port ${known} (${name}) is taken by another program; using ${port} from now on`);
    this.#save({ ...this.#settings, ports: { ...this.#settings.ports, [name]: port } });
    return port;
  }

  recordS3Kind(s3Kind: NonNullable<StackSettings["s3Kind"]>): void {
    if (this.#settings.s3Kind !== s3Kind) this.#save({ ...this.#settings, s3Kind });
  }

  #save(settings: StackSettings): void {
    writeJsonFile(this.#path, settings);
    this.#settings = settings;
  }
}
