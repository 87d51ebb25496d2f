import type { OpAttributes } from "../../ml/model/native-ops.ts";
import type { TrainParameters } from "../../ml/train/schema.ts";

/**
 * Where an optimizer's ops go: run at once, or written into a graph. A `Value` is a tensor in the one, an edge in the other.
 */
export interface OpSink<Value> {
  execute(op: string, attributes: OpAttributes, inputs: Value[], outputCount?: number): Value[];
  /** A float32 scalar. */
  scalar(value: number): Value;
}

/** One weight with its resource handles and this step's gradient. */
export interface Parameter<Value> {
  variable: Value;
  slots: Value[];
  gradient: Value;
}

export interface OptimizerScalars<Value> {
  /** int32: steps taken before this one. */
  step: Value;
  learningRate: Value;
}

type Optimizer = TrainParameters["optimizer"];

/** Names and first values of what an optimizer keeps for each weight. */
export function slotsOf({ name }: Optimizer): { name: string; initial: number }[] {
  if (name === "adam" || name === "adamw") return slots("m", "v");
  if (name === "momentum") return slots("momentum");
  if (name === "rmsprop") return slots("velocity", "momentum");
  if (name === "adagrad") return [{ name: "accumulator", initial: 0.1 }];
  if (name === "adadelta") return slots("accumulated_gradient", "accumulated_update");
  return [];
}

function slots(...names: string[]): { name: string; initial: number }[] {
  return names.map((name) => ({ name, initial: 0 }));
}

// Keras' defaults.
const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-7];
const [rmspropDecay, adadeltaDecay, weightDecay] = [0.9, 0.95, 0.004];

/**
 * One optimizer step with TensorFlow's own update ops and Keras' defaults (epsilon 1e-7, not the ops' 1e-8).
 * Everything that depends on time follows from `step`, so a resumed run computes the same.
 */
export function applyOptimizer<V>(
  sink: OpSink<V>,
  optimizer: Optimizer,
  parameters: Parameter<V>[],
  scalars: OptimizerScalars<V>,
): void {
  const clipped = optimizer.clipNorm === undefined ? parameters : clipByGlobalNorm(sink, parameters, optimizer.clipNorm);
  const update = updateRule(sink, optimizer, scalars);
  for (const parameter of clipped) update(parameter);
}

type UpdateRule<V> = (parameter: Parameter<V>) => void;

const float: OpAttributes = { T: { type: "float" } };

function updateRule<V>(sink: OpSink<V>, optimizer: Optimizer, scalars: OptimizerScalars<V>): UpdateRule<V> {
  const { name } = optimizer;
  if (name === "adam" || name === "adamw") return adamRule(sink, name === "adamw", scalars);
  const { learningRate } = scalars;
  const apply = (op: string, inputs: V[]) => void sink.execute(op, float, inputs, 0);
  const momentum = (initial: number) => sink.scalar(optimizer.momentum ?? initial);
  switch (name) {
    case "sgd":
      return ({ variable, gradient }) => apply("ResourceApplyGradientDescent", [variable, learningRate, gradient]);
    case "momentum": {
      const factor = momentum(0.9);
      return ({ variable, slots: [m], gradient }) =>
        apply("ResourceApplyKerasMomentum", [variable, m!, learningRate, gradient, factor]);
    }
    case "rmsprop": {
      const constants = [sink.scalar(rmspropDecay), momentum(0), sink.scalar(epsilon)];
      return ({ variable, slots: [v, m], gradient }) =>
        apply("ResourceApplyRMSProp", [variable, v!, m!, learningRate, ...constants, gradient]);
    }
    case "adagrad": {
      const guard = sink.scalar(epsilon);
      return ({ variable, slots: [a], gradient }) =>
        apply("ResourceApplyAdagradV2", [variable, a!, learningRate, guard, gradient]);
    }
    case "adadelta":
    default: {
      const constants = [sink.scalar(adadeltaDecay), sink.scalar(epsilon)];
      return ({ variable, slots: [g, u], gradient }) =>
        apply("ResourceApplyAdadelta", [variable, g!, u!, learningRate, ...constants, gradient]);
    }
  }
}

/** @see Kingma and Ba 2015, "Adam"; decoupled decay: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization" */
function adamRule<V>(sink: OpSink<V>, decays: boolean, { step, learningRate }: OptimizerScalars<V>): UpdateRule<V> {
  const [b1, b2, guard] = [sink.scalar(beta1), sink.scalar(beta2), sink.scalar(epsilon)];
  const cast: OpAttributes = { SrcT: { type: "int32" }, DstT: { type: "float" }, Truncate: { bool: false } };
  const time = sink.execute("AddV2", float, [sink.execute("Cast", cast, [step])[0]!, sink.scalar(1)])[0]!;
  const powers = [b1, b2].map((beta) => sink.execute("Pow", float, [beta, time])[0]!);
  const decay = decays ? sink.execute("Mul", float, [learningRate, sink.scalar(weightDecay)])[0]! : undefined;
  return ({ variable, slots: [m, v], gradient }) => {
    if (decay !== undefined) {
      const value = sink.execute("ReadVariableOp", { dtype: { type: "float" } }, [variable])[0]!;
      sink.execute("ResourceApplyGradientDescent", float, [variable, decay, value], 0);
    }
    sink.execute("ResourceApplyAdam", float, [variable, m!, v!, ...powers, learningRate, b1, b2, guard, gradient], 0);
  };
}

/** All gradients times min(1, largest / their common norm). */
function clipByGlobalNorm<V>(sink: OpSink<V>, parameters: Parameter<V>[], largest: number): Parameter<V>[] {
  const halves = parameters.map(({ gradient }) => sink.execute("L2Loss", float, [gradient])[0]!);
  const half = sink.execute("AddN", { ...float, N: { int: halves.length } }, halves)[0]!;
  const norm = sink.execute("Sqrt", float, [sink.execute("Mul", float, [half, sink.scalar(2)])[0]!])[0]!;
  const limit = sink.scalar(largest);
  const factor = sink.execute("RealDiv", float, [limit, sink.execute("Maximum", float, [norm, limit])[0]!])[0]!;
  return parameters.map((parameter) => ({
    ...parameter,
    gradient: sink.execute("Mul", float, [parameter.gradient, factor])[0]!,
  }));
}
