import type {
  CallbackDefinition,
  Defined,
  JsonValue,
  LossDefinition,
  ModelDefinition,
  ReaderDefinition,
  RuleDefinition,
} from "./definitions.ts";

/** A network of your own, for `model: ./my-model.ts`. */
export function defineModel(definition: ModelDefinition): Defined<"model"> {
  return { kind: "model", ...definition };
}

/** A loss of your own, for `train.loss: ./my-loss.ts`. */
export function defineLoss(definition: LossDefinition): Defined<"loss"> {
  return { kind: "loss", ...definition };
}

/** Hooks into training, for `train.callbacks: [./my-callback.ts]`. */
export function defineCallback<State extends JsonValue = null>(definition: CallbackDefinition<State>): Defined<"callback"> {
  // A callback is only ever given what it gave itself.
  return { kind: "callback", ...(definition as unknown as CallbackDefinition) };
}

/** A data check, for `check.rules: [./my-rule.ts]`. */
export function defineRule(definition: RuleDefinition): Defined<"rule"> {
  return { kind: "rule", ...definition };
}

/** A decoder of image files, for `ingest.reader: ./my-reader.ts`. */
export function defineReader(definition: ReaderDefinition): Defined<"reader"> {
  return { kind: "reader", ...definition };
}
