import { fileURLToPath } from "node:url";

import { Predictor } from "../activities/predictor.ts";
import type { StageLog } from "../activities/stage.ts";
import type { TrainerSettings } from "../activities/trainer-process.ts";
import { trainerSettings } from "../activities/trainer-settings.ts";
import type { Environment } from "../environment.ts";
import type { ModelVersion } from "../ml/register/schema.ts";
import type { Store } from "../storage/open-store.ts";

/** The build this program runs from: trainers are of the same one. */
const buildFolder = fileURLToPath(new URL("..", import.meta.url));

interface StoreLink {
  environment: Environment;
  /** Of the store, where the environment alone does not name it. */
  variables: Readonly<Record<string, string>>;
  store: Pick<Store, "artifacts">;
}

/** How this program starts TensorFlow: as workers of its build do, on the store it has opened. */
export function trainerOf({ environment, variables }: Omit<StoreLink, "store">): TrainerSettings {
  const settings = trainerSettings(environment, buildFolder);
  return { ...settings, variables: { ...settings.variables, ...variables } };
}

/** Starts a process that answers with a model version, with the TensorFlow that trains here. */
export async function openPredictor(version: ModelVersion, link: StoreLink, log: StageLog): Promise<Predictor> {
  return Predictor.open(version, { artifacts: link.store.artifacts, trainer: trainerOf(link), log });
}
