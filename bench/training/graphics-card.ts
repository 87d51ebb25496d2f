import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** @returns name, memory and driver as `nvidia-smi` gives them; undefined where there is no NVIDIA card */
export async function graphicsCard(): Promise<string | undefined> {
  return query(["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]);
}

/** Bytes of the card's memory that all processes together hold. */
export async function usedCardBytes(): Promise<number> {
  return Number(await query(["--query-gpu=memory.used", "--format=csv,noheader,nounits"])) * 2 ** 20;
}

/** The first card's line. */
async function query(options: string[]): Promise<string | undefined> {
  try {
    const { stdout } = await run("nvidia-smi", options);
    return stdout.trim().split("\n")[0];
  } catch {
    return undefined; // no such program, or no card that it could ask
  }
}
