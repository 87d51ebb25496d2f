import * as tf from "@tensorflow/tfjs";

import type { Encoder } from "../encode/schema.ts";
import { buildNetwork } from "./build-network.ts";
import type { Layers } from "./schema.ts";
import { summarizeNetwork, type NetworkSummary } from "./summary.ts";

/**
 * What a network would be for some images and classes; nothing is computed, and its weights take no memory that is touched.
 * @throws {InvalidConfiguration} if a layer does not fit what comes before it
 */
export function describeLayers(
  layers: Layers,
  image: { height: number; width: number; channels: number },
  encoder: Pick<Encoder, "encoding" | "classes">,
): NetworkSummary {
  tf.env().set("PROD", true); // or tfjs advises a faster backend, which is not needed to count
  const native = { execute: () => [] };
  const network = buildNetwork({
    ...image,
    layers,
    encoder: { formatVersion: 1, trainCounts: [], ...encoder },
    seed: null,
    native,
  });
  const summary = summarizeNetwork(network);
  network.model.dispose();
  return summary;
}
