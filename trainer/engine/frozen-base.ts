import * as tf from "@tensorflow/tfjs";

import type { Network } from "../../ml/model/build-network.ts";
import type { Layers } from "../../ml/model/schema.ts";
import type { Transfer } from "../../ml/model/transfer/schema.ts";
import type { FeatureShape, LoadedBase } from "../../ml/model/transfer/transfer-network.ts";
import { buildHead, splitTransferNetwork } from "../../ml/model/transfer/transfer-network.ts";
import { evaluationBatchSize } from "../../ml/model/evaluation-batch-size.ts";
import { nativeOps } from "../runtime/node-backend.ts";
import { networkInput } from "./batch-input.ts";
import { pixelTensor } from "./batch-tensors.ts";
import type { EngineContext } from "./engine-context.ts";
import { engineContext } from "./engine-context.ts";
import type { Engine, EngineOptions } from "./engine.ts";
import { FeatureCache } from "./feature-cache.ts";
import type { FeatureSource } from "./feature-engine.ts";
import { FeatureEngine } from "./feature-engine.ts";
import { inputRecipe } from "./input-recipe.ts";
import { inPaddedBatches } from "./row-batches.ts";
import type { SavedModelBase } from "./saved-model-base.ts";

type EngineOf = (context: EngineContext) => Engine;

/** @param whole an engine of the network in one */
export function onFrozenLayers(
  options: EngineOptions,
  whole: Engine,
  transfer: { model: Transfer; base: LoadedBase },
  engineOf: EngineOf,
): Engine {
  const { base, head, featureShape } = splitTransferNetwork(networkGiven(options), transfer.model, transfer.base);
  const batchSize = whole.network.evaluationBatchSize;
  const engine = engineOf(engineContext({ ...options, evaluationBatchSize: batchSize }, () => base));
  const source: FeatureSource = {
    batchSize,
    get fallbackReason() {
      return engine.fallbackReason;
    },
    features: (rows) => engine.logits(rows),
    variables: async () => (await engine.state()).variables,
    dispose: () => engine.dispose(),
  };
  return featureEngine({ ...options, keepsFeatures: true }, { whole, source, head, featureShape }, engineOf);
}

/** The only way to use a SavedModel, in training as in answering. */
export function onSavedModel(options: EngineOptions, savedModel: SavedModelBase, layers: Layers, engineOf: EngineOf): Engine {
  const { height, width, channels } = options.data;
  const source = savedModelSource(options, savedModel);
  const probe = tf.zeros([source.batchSize, height, width, channels]);
  const { shape } = savedModel.features(probe);
  probe.dispose();
  const { head, featureShape } = buildHead(networkGiven(options), layers, shape);
  return featureEngine(options, { whole: null, source, head, featureShape }, engineOf);
}

function savedModelSource(options: EngineOptions, savedModel: SavedModelBase): FeatureSource {
  const { data } = options;
  const recipe = inputRecipe(options);
  const batchSize = options.evaluationBatchSize ?? evaluationBatchSize(data);
  return {
    batchSize,
    fallbackReason: null,
    features: (rows) =>
      inPaddedBatches(rows, batchSize, async (batch) => {
        const pixels = pixelTensor(data, await data.read(batch), batchSize);
        const images = tf.tidy(() => networkInput(pixels, null, recipe));
        const { values } = savedModel.features(images);
        tf.dispose([pixels, images]);
        return values;
      }),
    variables: () => Promise.resolve(new Map()),
    dispose() {
      savedModel.dispose();
      for (const tensor of recipe.constants) tensor.dispose();
    },
  };
}

interface HeadParts {
  whole: Engine | null;
  source: FeatureSource;
  head: Network;
  featureShape: FeatureShape;
}

function featureEngine(options: EngineOptions, { whole, source, head, featureShape }: HeadParts, engineOf: EngineOf): Engine {
  const { data, own = {}, augmentation, keepsFeatures = false } = options;
  const { height, width, channels } = featureShape;
  const cache = keepsFeatures ? new FeatureCache(data.rowCount, height * width * channels) : null;
  const read = async (rows: Int32Array) => cache?.read(rows) ?? new Uint8Array((await source.features(rows)).buffer);
  const headOptions: EngineOptions = {
    ...options,
    own: own.loss ? { loss: own.loss } : {},
    data: { ...data, ...featureShape, dtype: "float32", read },
    normalizer: { formatVersion: 1, method: "none", offset: [0], scale: [1], rowCount: data.rowCount },
    augmentation: { ...augmentation, enabled: false },
    evaluationBatchSize: source.batchSize,
    // Rows are read as they are asked for.
    residentBytes: 0,
  };
  return new FeatureEngine({ whole, base: source, head: engineOf(engineContext(headOptions, () => head)), cache });
}

function networkGiven({ data: { height, width, channels }, encoder, seed }: EngineOptions) {
  return { height, width, channels, encoder, seed, native: nativeOps() };
}
