import type { StoreLink } from "../client/connect.ts";
import type { Convoy } from "../client/types.ts";
import type { Call } from "./define-command.ts";
import { showSteps } from "./progress/steps.ts";

/** Ending takes no longer than this: the process ends anyway, and a server that is away must not hold it. */
const closeWithinMs = 1_000;

/** Connects, telling on stderr what is being started, does `work`, and closes the connection whatever happened. */
export async function withConvoy<T>(call: Call, work: (convoy: Convoy) => Promise<T>): Promise<T> {
  const onProgress = showSteps(call.terminal, call.common);
  const convoy = await call.services.connect({ profile: call.common.profile, onProgress });
  try {
    return await work(convoy);
  } finally {
    const late = new Promise<void>((resolve) => setTimeout(resolve, closeWithinMs).unref());
    await Promise.race([convoy.close(), late]);
  }
}

/** As {@link withConvoy}, for what needs only the store. */
export async function withStore<T>(call: Call, work: (link: StoreLink) => Promise<T>): Promise<T> {
  const onProgress = showSteps(call.terminal, call.common);
  const link = await call.services.openStore({ profile: call.common.profile, onProgress });
  try {
    return await work(link);
  } finally {
    link.store.close();
  }
}

/** Prints one JSON document, the only thing on stdout under `--json`. */
export function printJson(call: Call, document: unknown): void {
  call.terminal.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}
