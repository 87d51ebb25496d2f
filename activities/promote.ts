import { cancellationSignal, heartbeat } from "@temporalio/activity";

import type { ArtifactRef } from "../ml/artifact.ts";
import { RegistrationRefused } from "../ml/errors.ts";
import type { RegisterParameters } from "../ml/register/schema.ts";
import { modelVersionSchema } from "../ml/register/schema.ts";
import type { Store } from "../storage/open-store.ts";
import { heartbeatEveryMs } from "../temporal.config.ts";
import { promoteVersion } from "./promote-version.ts";
import { silentLog } from "./stage.ts";
import type { TrainerSettings } from "./trainer-process.ts";

export interface PromoteCall {
  version: ArtifactRef;
  policy: Omit<RegisterParameters, "name" | "formats">;
  runId: string;
}

export interface PromoteAnswer {
  name: string;
  version: number;
  /** What was decided, in words. Null: it takes TensorFlow to decide, which this worker has not. */
  decision: string | null;
}

/**
 * Decides, anew each time, whether a version takes over its alias, and moves it. Never cached: the holder may have changed. A model that
 * cannot be compared does not take over, and its run is done all the same.
 *
 * @param trainer null on workers that do not start TensorFlow
 */
export function createPromote(store: Store, trainer: TrainerSettings | null) {
  return async function promote({ version, policy, runId }: PromoteCall): Promise<PromoteAnswer> {
    const beating = setInterval(() => heartbeat(), heartbeatEveryMs);
    try {
      const challenger = await store.artifacts.getJson(version, modelVersionSchema);
      const context = { store, trainer, log: silentLog, signal: cancellationSignal() };
      const { name } = challenger;
      const { decision } = await promoteVersion({ challenger, policy, movedBy: `run ${runId}` }, context).catch(
        (error: unknown) => {
          if (!(error instanceof RegistrationRefused)) throw error;
          return { decision: `${policy.alias} stays as it is: ${error.message}` };
        },
      );
      return { name, version: challenger.version, decision };
    } finally {
      clearInterval(beating);
    }
  };
}
