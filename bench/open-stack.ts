import { join } from "node:path";

import type { Environment } from "../environment.ts";
import { readEnvironment } from "../environment.ts";
import { ensureStack } from "../stack/ensure-stack.ts";
import type { Store } from "../storage/open-store.ts";
import { openStore } from "../storage/open-store.ts";
import { s3Settings } from "../storage/s3-settings.ts";

/**
 * The stack that these variables name, started where it does not run, and its store, opened as any client would.
 * @param variables stand above this process's own; "" takes one away
 */
export async function openStack(
  variables: Readonly<Record<string, string>> = {},
): Promise<{ environment: Environment; store: Store }> {
  const stack = await ensureStack(readEnvironment(variables));
  const environment = readEnvironment({ ...variables, ...stack.variables });
  return { environment, store: await openStore(s3Settings(environment), join(environment.cacheFolder, "artifacts")) };
}
