import type { ArtifactRef } from "../ml/artifact.ts";
import { RegistrationRefused } from "../ml/errors.ts";
import type { LogitCorrection } from "../ml/evaluate/schema.ts";
import { modelFileSchema } from "../ml/model-file/schema.ts";
import type { RegisterParameters } from "../ml/register/schema.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { StageContext } from "./stage.ts";
import type { DataInputs } from "./supervise-stage.ts";
import { jobBasis, superviseStage } from "./supervise-stage.ts";
import type { TrainerSettings } from "./trainer-process.ts";

export interface FormatsTask {
  formats: RegisterParameters["formats"];
  inputs: DataInputs & Record<"model" | "weights" | "predictions", ArtifactRef>;
  calibration: LogitCorrection | undefined;
  seed: number;
}

/** Other programs order their sums otherwise. */
const largestDistance = 1e-5;

/**
 * Writes a model in the formats of others, and lets a fresh process load each file and answer test images as the evaluation did.
 * @returns the files, by their names in a model version
 * @throws {RegistrationRefused} where a file does not answer the same: nobody shall get it
 */
export async function makeFormats(
  { formats, inputs, calibration, seed }: FormatsTask,
  { objects, trainer }: { objects: ObjectStore; trainer: TrainerSettings },
  context: StageContext,
): Promise<Record<string, ArtifactRef>> {
  if (formats.length === 0) return {};
  const [basis, { layers: model }] = await Promise.all([
    jobBasis(inputs, context),
    context.artifacts.getJson(inputs.model, modelFileSchema),
  ]);
  const job = { ...basis, seed, model, weights: inputs.weights };
  const correction = calibration ? { calibration } : {};
  const exported = await superviseStage({ kind: "export", ...job, ...correction, formats }, objects, trainer, context);
  if (exported.type !== "exported") throw new TypeError(`The trainer answered an export with "${exported.type}"`);
  const { files } = exported.result;
  if (Object.keys(files).length === 0) return {};
  const { predictions } = inputs;
  const verified = await superviseStage({ kind: "verify", ...job, predictions, files }, objects, trainer, context);
  if (verified.type !== "verified") throw new TypeError(`The trainer answered a verification with "${verified.type}"`);
  for (const [name, distance] of Object.entries(verified.result.distances)) {
    if (distance !== null && distance <= largestDistance) continue;
    throw new RegistrationRefused(
      `The file ${name} does not answer as the evaluation did: probabilities differ by ${distance ?? "more than any number"}, ` +
        `${largestDistance} is tolerated. Leave its format out of register.formats, and report this`,
    );
  }
  const { unloadable } = verified.result;
  for (const [name, reason] of Object.entries(unloadable))
    context.log.warn({}, `the file ${name} is not kept, as nobody else could load it: ${reason}`);
  context.log.info(verified.result, "formats of others verified in a fresh process");
  // The weights of a layers model are of no use without it.
  const left = new Set([...Object.keys(unloadable), ...("layersModel" in unloadable ? ["layersWeights"] : [])]);
  return Object.fromEntries(Object.entries(files).filter(([name]) => !left.has(name)));
}
