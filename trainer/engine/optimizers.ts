import type { OpAttributes } from "../../ml/model/native-ops.ts";
import type { TrainParameters } from "../../ml/train/schema.ts";
import type { EngineState } from "./engine.ts";
import type { OpSink } from "./op-sink.ts";

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

interface Slot {
  name: string;
  initial: number;
}

/** Names and first values of what an optimizer keeps for each weight. */
export function slotsOf(optimizer: Optimizer): Slot[] {
  const { name, amsgrad = false, centered = false } = optimizer;
  if (name === "adagrad") return [{ name: "accumulator", initial: optimizer.initialAccumulator ?? 0.1 }];
  if (name === "adadelta") return slots("accumulated_gradient", "accumulated_update");
  if (name === "rmsprop") return slots(...(centered ? ["mean"] : []), "velocity", "momentum");
  if (name === "adam" || name === "adamw") return slots("m", "v", ...(amsgrad ? ["vhat"] : []));
  return hasMomentum(optimizer) ? slots("momentum") : [];
}

/** How a slot is called in an `EngineState`. */
export function slotName(weight: string, slot: string): string {
  return `${slotPrefix}${weight}/${slot}`;
}

const slotPrefix = "optimizer/";

/** Variables without the optimizer's slots. */
export function weightsOnly(variables: EngineState["variables"]): EngineState["variables"] {
  return new Map([...variables].filter(([name]) => !name.startsWith(slotPrefix)));
}

function hasMomentum({ name, momentum = 0 }: Optimizer): boolean {
  return name === "momentum" || momentum > 0;
}

function slots(...names: string[]): Slot[] {
  return names.map((name) => ({ name, initial: 0 }));
}

/** Keras', not the ops' 1e-8. */
const usualEpsilon = 1e-7;

/**
 * One optimizer step with TensorFlow's own update ops and Keras' defaults.
 * Everything that depends on time follows from `step`, so a resumed run computes the same.
 */
export function applyOptimizer<V>(
  sink: OpSink<V>,
  optimizer: Optimizer,
  parameters: Parameter<V>[],
  scalars: OptimizerScalars<V>,
): void {
  const decay = decayRule(sink, optimizer, scalars);
  const update = updateRule(sink, optimizer, scalars);
  for (const parameter of clipped(sink, parameters, optimizer)) {
    decay?.(parameter);
    update(parameter);
  }
}

type UpdateRule<V> = (parameter: Parameter<V>) => void;

const float: OpAttributes = { T: { type: "float" } };

function updateRule<V>(sink: OpSink<V>, optimizer: Optimizer, scalars: OptimizerScalars<V>): UpdateRule<V> {
  const { name, epsilon = usualEpsilon } = optimizer;
  if (name === "adam" || name === "adamw") return adamRule(sink, optimizer, scalars);
  if (name === "rmsprop") return rmspropRule(sink, optimizer, scalars);
  if (name === "sgd" || name === "momentum") return momentumRule(sink, optimizer, scalars);
  const { learningRate } = scalars;
  const apply = (op: string, inputs: V[]) => void sink.execute(op, float, inputs, 0);
  const guard = sink.scalar(epsilon);
  if (name === "adagrad") {
    return ({ variable, slots: [a], gradient }) => apply("ResourceApplyAdagradV2", [variable, a!, learningRate, guard, gradient]);
  }
  const decay = sink.scalar(optimizer.rho ?? 0.95);
  return ({ variable, slots: [g, u], gradient }) =>
    apply("ResourceApplyAdadelta", [variable, g!, u!, learningRate, decay, guard, gradient]);
}

/** @see Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning" */
function momentumRule<V>(sink: OpSink<V>, optimizer: Optimizer, { learningRate }: OptimizerScalars<V>): UpdateRule<V> {
  const { name, momentum = name === "sgd" ? 0 : 0.9, nesterov = false } = optimizer;
  if (!hasMomentum(optimizer)) {
    return ({ variable, gradient }) => {
      sink.execute("ResourceApplyGradientDescent", float, [variable, learningRate, gradient], 0);
    };
  }
  const factor = sink.scalar(momentum);
  const attributes: OpAttributes = { ...float, use_nesterov: { bool: nesterov } };
  return ({ variable, slots: [m], gradient }) => {
    sink.execute("ResourceApplyKerasMomentum", attributes, [variable, m!, learningRate, gradient, factor], 0);
  };
}

function rmspropRule<V>(sink: OpSink<V>, optimizer: Optimizer, { learningRate }: OptimizerScalars<V>): UpdateRule<V> {
  const { rho = 0.9, momentum = 0, epsilon = usualEpsilon, centered = false } = optimizer;
  const op = centered ? "ResourceApplyCenteredRMSProp" : "ResourceApplyRMSProp";
  const constants = [rho, momentum, epsilon].map((value) => sink.scalar(value));
  return ({ variable, slots: kept, gradient }) => {
    sink.execute(op, float, [variable, ...kept, learningRate, ...constants, gradient], 0);
  };
}

/** @see Kingma and Ba 2015, "Adam"; Reddi et al. 2018, "On the Convergence of Adam and Beyond" (amsgrad) */
function adamRule<V>(sink: OpSink<V>, optimizer: Optimizer, { step, learningRate }: OptimizerScalars<V>): UpdateRule<V> {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = usualEpsilon, amsgrad = false } = optimizer;
  const [b1, b2, guard] = [sink.scalar(beta1), sink.scalar(beta2), sink.scalar(epsilon)];
  const cast: OpAttributes = { SrcT: { type: "int32" }, DstT: { type: "float" }, Truncate: { bool: false } };
  const time = sink.execute("AddV2", float, [sink.execute("Cast", cast, [step])[0]!, sink.scalar(1)])[0]!;
  const powers = [b1, b2].map((beta) => sink.execute("Pow", float, [beta, time])[0]!);
  const op = amsgrad ? "ResourceApplyAdamWithAmsgrad" : "ResourceApplyAdam";
  return ({ variable, slots: kept, gradient }) => {
    sink.execute(op, float, [variable, ...kept, ...powers, learningRate, b1, b2, guard, gradient], 0);
  };
}

/** Takes a share of the weight off before the update, apart from the gradient; null where none is. @see Loshchilov and Hutter 2019, "AdamW" */
function decayRule<V>(sink: OpSink<V>, optimizer: Optimizer, { learningRate }: OptimizerScalars<V>): UpdateRule<V> | null {
  const { name, weightDecay = name === "adamw" ? 0.004 : 0 } = optimizer;
  if (weightDecay === 0) return null;
  const share = sink.execute("Mul", float, [learningRate, sink.scalar(weightDecay)])[0]!;
  return ({ variable }) => {
    const value = sink.execute("ReadVariableOp", { dtype: { type: "float" } }, [variable])[0]!;
    sink.execute("ResourceApplyGradientDescent", float, [variable, share, value], 0);
  };
}

/** Each variable's gradient by its own norm, all by their common norm, each value by its size: in this order, where asked for. */
function clipped<V>(sink: OpSink<V>, parameters: Parameter<V>[], optimizer: Optimizer): Parameter<V>[] {
  const { clipVariableNorm, clipNorm, clipValue } = optimizer;
  let result = parameters;
  if (clipVariableNorm !== undefined) {
    result = result.flatMap((parameter) => clipByNorm(sink, [parameter], clipVariableNorm));
  }
  if (clipNorm !== undefined) result = clipByNorm(sink, result, clipNorm);
  return clipValue === undefined ? result : result.map((parameter) => clipByValue(sink, parameter, clipValue));
}

/** All gradients times min(1, largest / their common norm). */
function clipByNorm<V>(sink: OpSink<V>, parameters: Parameter<V>[], largest: number): Parameter<V>[] {
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

function clipByValue<V>(sink: OpSink<V>, parameter: Parameter<V>, largest: number): Parameter<V> {
  const inputs = [parameter.gradient, sink.scalar(-largest), sink.scalar(largest)];
  return { ...parameter, gradient: sink.execute("ClipByValue", float, inputs)[0]! };
}
