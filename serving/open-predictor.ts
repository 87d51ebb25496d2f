import { fileURLToPath } from "node:url";

import type { StageLog } from "../activities/stage.ts";
import { trainerSettings } from "../activities/trainer-settings.ts";
import type { Environment } from "../environment.ts";
import type { ModelVersion } from "../ml/register/schema.ts";
import type { Store } from "../storage/open-store.ts";
import { Predictor } from "./predictor.ts";

/** The build this program runs from: trainers are of the same one. */
const buildFolder = fileURLToPath(new URL("..", import.meta.url));

/**
 * Starts a process that answers with a model version, with the TensorFlow that trains here.
 * @param variables of the store, where the environment alone does not name it
 */
export async function openPredictor(
  version: ModelVersion,
  { environment, variables, store }: { environment: Environment; variables: Readonly<Record<string, string>>; store: Store },
  log: StageLog,
): Promise<Predictor> {
  const settings = trainerSettings(environment, buildFolder);
  const trainer = { ...settings, variables: { ...settings.variables, ...variables } };
  return Predictor.open(version, { artifacts: store.artifacts, trainer, log });
}
