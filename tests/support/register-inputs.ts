import type { ArtifactRef } from "../../ml/artifact.ts";
import { mediaTypes } from "../../ml/artifact.ts";
import type { Metrics } from "../../ml/evaluate/schema.ts";
import type { ModelFile } from "../../ml/model-file/schema.ts";
import type { ArtifactStore } from "../../storage/artifact-store.ts";
import { sampleReport } from "../reports/sample-evaluation.ts";
import { storeSmallDataset } from "./small-dataset.ts";

/** Everything a model version is made of, of a small data set; `weights` tell one model from another. */
export async function storeRegisterInputs(artifacts: ArtifactStore, weights = "weights") {
  const data = await storeSmallDataset(artifacts);
  const { evaluation, history } = sampleReport(data.dataset.classes);
  const score = { loss: 0.5, accuracy: 0.9 };
  const metrics: Metrics = { formatVersion: 1, train: score, trainEval: score, validation: null, test: evaluation };
  const model: ModelFile = {
    formatVersion: 1,
    input: { height: 8, width: 8, channels: 1, dtype: "uint8" },
    layers: ["flatten"],
    head: "softmax",
    outputs: 4,
    classes: data.dataset.classes,
    weights: [],
    evaluationBatchSize: 256,
    summary: {
      layers: [{ name: "dense", type: "Dense", outputShape: [4], parameterCount: 260 }],
      parameterCount: 260,
      trainableCount: 260,
      nonTrainableCount: 0,
    },
  };
  const bytes = (text: string): Promise<ArtifactRef> => artifacts.put(Buffer.from(text), mediaTypes.bytes);
  return {
    dataset: await artifacts.putJson(data.dataset),
    split: data.split,
    normalizer: await artifacts.putJson(data.normalizer),
    encoder: await artifacts.putJson(data.encoder),
    model: await artifacts.putJson(model),
    weights: await bytes(weights),
    history: await artifacts.putJson(history),
    metrics: await artifacts.putJson(metrics),
    predictions: await bytes("predictions"),
  };
}
