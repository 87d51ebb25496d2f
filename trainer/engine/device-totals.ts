import type { RunningTotals } from "./engine.ts";
import type { OpSink } from "./op-sink.ts";

/** An epoch's sums where the steps are computed, so that no step's loss has to be read back. */
export interface DeviceTotals<Value> {
  /** float64 `[3]`: losses times rows, rows classified correctly, rows. */
  sums: Value;
  /** float32 scalar: the newest step's, or the first that was not finite. */
  loss: Value;
}

/** Device totals, read. */
export interface ReadTotals {
  totals: RunningTotals;
  /** Of the newest step; if it is not finite, that of the first such step, and `totals` are those before it. */
  loss: number;
}

/** What steps of equally many rows add: their mean losses and the rows classified correctly, float32 scalars. */
export interface StepMetrics<Value> {
  steps: readonly { loss: Value; correct: Value }[];
  rows: number;
}

/** Of a float64 `[3]` as int32: tfjs-node carries no doubles. */
export const bitsShape = [3, 2];

const float = { T: { type: "float" } } as const;
const double = { T: { type: "double" } } as const;

/** The totals after more steps. They stand still from the first loss on that is not finite. */
export function totalsAfter<Value>(
  sink: OpSink<Value>,
  before: DeviceTotals<Value>,
  metrics: StepMetrics<Value>,
): DeviceTotals<Value> {
  const isFinite = (value: Value) => sink.execute("IsFinite", float, [value])[0]!;
  // SelectV2 would work out how to broadcast each time, which makes the smallest net's step longer by a fifteenth.
  let { sums, loss } = before;
  for (const [i, added] of addends(sink, metrics).entries()) {
    const sum = sink.execute("AddV2", double, [sums, added])[0]!;
    loss = sink.execute("Select", float, [isFinite(loss), metrics.steps[i]!.loss, loss])[0]!;
    sums = sink.execute("Select", double, [isFinite(loss), sum, sums])[0]!;
  }
  return { sums, loss };
}

/** What each step adds to the sums, float64 `[3]`. */
function addends<Value>(sink: OpSink<Value>, { steps, rows }: StepMetrics<Value>): Value[] {
  const pack = (values: Value[], axis = 0) =>
    sink.execute("Pack", { ...float, N: { int: values.length }, axis: { int: axis } }, values)[0]!;
  const toDouble = (values: Value) => sink.execute("Cast", { SrcT: { type: "float" }, DstT: { type: "double" } }, [values])[0]!;
  const one = sink.scalar(1);
  const columns = [pack(steps.map(({ loss }) => loss)), pack(steps.map(({ correct }) => correct)), pack(steps.map(() => one))];
  const factors = pack([sink.scalar(rows), one, sink.scalar(rows)]);
  const products = sink.execute("Mul", double, [toDouble(pack(columns, 1)), toDouble(factors)])[0]!; // [steps, 3]
  return sink.execute("Unpack", { ...double, num: { int: steps.length }, axis: { int: 0 } }, [products], steps.length);
}

/**
 * Brings totals onto the device.
 * @param bits `bitsOf` them; copied, for memory that JavaScript gave must not be freed by a thread of TensorFlow's
 */
export function totalsFromBits<Value>(sink: OpSink<Value>, bits: Value): DeviceTotals<Value> {
  const sums = sink.execute("Bitcast", { T: { type: "int32" }, type: { type: "double" } }, [bits])[0]!;
  return { sums: sink.execute("DeepCopy", double, [sums])[0]!, loss: sink.scalar(0) };
}

/** @returns the bits of the sums, int32 `bitsShape` */
export function sumsAsBits<Value>(sink: OpSink<Value>, sums: Value): Value {
  return sink.execute("Bitcast", { T: { type: "double" }, type: { type: "int32" } }, [sums])[0]!;
}

export function bitsOf({ lossSum, correct, rows }: RunningTotals): Int32Array {
  return new Int32Array(Float64Array.of(lossSum, correct, rows).buffer);
}

export function readTotals(bits: Int32Array, loss: number): ReadTotals {
  const [lossSum, correct, rows] = [...new Float64Array(bits.slice().buffer)] as [number, number, number];
  return { totals: { lossSum, correct, rows }, loss };
}
