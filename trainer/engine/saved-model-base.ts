import type * as tf from "@tensorflow/tfjs";

import { InvalidConfiguration } from "../../ml/errors.ts";
import type { SavedModelFiles } from "../../ml/model/transfer/schema.ts";
import { withSavedModelFolder } from "../../storage/saved-model-files.ts";
import { dataTypes } from "../runtime/node-backend.ts";
import { servingSignature } from "../runtime/tensorflow.ts";
import { GraphSession } from "./graph/session.ts";
import { explained } from "./tensorflow-failure.ts";

/** A SavedModel that gives features of images: loaded, asked, and never changed. */
export class SavedModelBase {
  readonly source: string;
  readonly #session: GraphSession;
  readonly #input: string;
  readonly #output: string;

  private constructor(source: string, session: GraphSession, { input, output }: { input: string; output: string }) {
    this.source = source;
    this.#session = session;
    this.#input = input;
    this.#output = output;
  }

  /**
   * @param output name of the one that is wanted, where its signature gives several
   * @throws {InvalidConfiguration} where TensorFlow does not load it, or it does not take images and give features
   */
  static async open(
    { source, files, bytes }: { source: string; files: SavedModelFiles["savedModel"]; bytes: Uint8Array },
    output: string | undefined,
  ): Promise<SavedModelBase> {
    return withSavedModelFolder(files, bytes, async (folder) => {
      try {
        const names = tensorNames(await servingSignature(folder), output, source);
        return new SavedModelBase(source, new GraphSession(folder), names);
      } catch (cause) {
        if (cause instanceof InvalidConfiguration) throw cause;
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new InvalidConfiguration(`model.base ${source} cannot be loaded by TensorFlow: ${reason}`, { cause });
      }
    });
  }

  /**
   * @param images float32 `[rows, height, width, channels]`, normalized
   * @throws {InvalidConfiguration} where it does not take such images
   */
  features(images: tf.Tensor): { shape: number[]; values: Float32Array } {
    const feed = { name: this.#input, dtype: dataTypes.float, shape: images.shape, values: images.dataSync() as Float32Array };
    try {
      const [found] = explained("the features of a SavedModel", () => this.#session.runWithShapes([feed], [this.#output]));
      if (!(found?.values instanceof Float32Array) || found.shape[0] !== images.shape[0])
        throw new Error(`it gave [${found?.shape.join(", ")}] for ${images.shape[0]} images; float32 by image is expected`);
      return { shape: found.shape.slice(1), values: found.values };
    } catch (cause) {
      if (!(cause instanceof Error) || cause.name === "TrainerCrashed") throw cause;
      const shape = images.shape.slice(1).join(" × ");
      throw new InvalidConfiguration(`model.base ${this.source} does not answer images of ${shape}: ${cause.message}`, { cause });
    }
  }

  dispose(): void {
    this.#session.dispose();
  }
}

function tensorNames(
  signature: Awaited<ReturnType<typeof servingSignature>>,
  wanted: string | undefined,
  source: string,
): { input: string; output: string } {
  const wrong = (what: string) => new InvalidConfiguration(`model.base ${source}: ${what}`);
  if (!signature) throw wrong("it has no signature serving_default with the tag serve; export it for serving");
  const [input, ...more] = Object.values(signature.inputs);
  if (!input || more.length > 0 || input.dtype !== "float32")
    throw wrong(`its signature must take one float32 tensor of images; it takes ${Object.keys(signature.inputs).join(", ")}`);
  const names = Object.keys(signature.outputs);
  if (wanted === undefined && names.length > 1) throw wrong(`it gives ${names.join(", ")}; name one of them in model.until`);
  const output = signature.outputs[wanted ?? names[0] ?? ""];
  if (!output) throw wrong(`model.until ${wanted}: it gives no such output; it gives ${names.join(", ")}`);
  return { input: input.name, output: output.name };
}
