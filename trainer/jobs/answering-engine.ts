import { augmentParametersSchema } from "../../ml/augment/schema.ts";
import type { PredictJob } from "../../ml/predict/schema.ts";
import { trainParametersSchema } from "../../ml/train/schema.ts";
import { readWhitening } from "../../storage/whitening.ts";
import type { TrainerContext } from "../context.ts";
import type { Engine, EngineData, EngineOptions } from "../engine/engine.ts";
import { loadOwnParts } from "../engine/own-parts.ts";
import { weightsState } from "./weights-bytes.ts";

interface AnsweringOptions {
  data: EngineData;
  /** The one batch shape, where it is recorded. */
  evaluationBatchSize?: number;
  residentBytes?: number;
}

type KeptModel = Pick<PredictJob, "model" | "normalizer" | "encoder" | "weights">;

/** An engine with a model's kept weights that is never trained: evaluation and prediction ask the same one. */
export async function answeringEngine(
  kept: KeptModel,
  options: AnsweringOptions,
  context: Pick<TrainerContext, "createEngine" | "artifacts">,
): Promise<Engine> {
  const engine = context.createEngine(await answeringOptions(kept, options, context));
  try {
    await engine.restore(weightsState(engine.network, await context.artifacts.get(kept.weights)));
    return engine;
  } catch (error) {
    engine.dispose();
    throw error;
  }
}

/** What such an engine is made of. */
export async function answeringOptions(
  { model, normalizer, encoder }: Omit<KeptModel, "weights">,
  options: AnsweringOptions,
  context: Pick<TrainerContext, "artifacts">,
): Promise<EngineOptions> {
  const seed = 0; // of first weights, which are replaced at once
  return {
    model,
    own: await loadOwnParts({ model }, context.artifacts),
    normalizer,
    whitening: await readWhitening(normalizer, context.artifacts),
    encoder,
    seed,
    ...options,
    // Nothing is trained here: these say so, and what they leave open is not read.
    augmentation: { formatVersion: 1, enabled: false, seed, parameters: augmentParametersSchema.parse({}) },
    train: trainParametersSchema.parse({}),
  };
}
