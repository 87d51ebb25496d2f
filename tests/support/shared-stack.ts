import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { convoy } from "../../bench/convoy-process.ts";

/** Starts one embedded stack for all end-to-end tests, with a state folder of its own, and stops it afterwards. */
export async function setup(): Promise<() => Promise<void>> {
  const state = await mkdtemp(join(tmpdir(), "convoy-e2e-"));
  for (const name of Object.keys(process.env)) if (/^(S3|TEMPORAL|AWS_ACCESS|AWS_SECRET)_/.test(name)) delete process.env[name];
  // Several files train at once: threads that wait for work in a loop would take the cores from each other.
  Object.assign(process.env, { XDG_DATA_HOME: state, CONVOY_PROFILE: "e2e", CONVOY_THREADS: "1", CONVOY_GPU_WORKERS: "2" });
  const up = await convoy(["up"]);
  if (up.code !== 0) throw new Error(`convoy up ended with ${up.code}\n${up.stderr}`);
  return async () => {
    const down = await convoy(["down"]);
    await rm(state, { recursive: true, force: true });
    if (down.code !== 0) throw new Error(`convoy down ended with ${down.code}\n${down.stderr}`);
  };
}
