import { createEngine } from "../../../trainer/engine/create-engine.ts";
import type { Engine, EngineState } from "../../../trainer/engine/engine.ts";
import { weightsOnly } from "../../../trainer/engine/optimizers.ts";
import { testDevice } from "../../support/test-device.ts";
import { allRows, engineOptions, noTotals, type Case } from "./support.ts";

const stepCount = 20;

/**
 * How far the first losses of both engines may lie apart. A card adds in another order in a compiled graph, whose convolutions TensorFlow turns to channels
 * first and whose kernels it chooses anew: up to three roundings (7e-7) of a loss between 2 and 4 were measured there.
 */
export const firstLossTolerance = testDevice === "gpu" ? 2e-6 : 5e-7;

/** Takes 20 steps over changing rows of 40; with the weights and slots after them, and what the network answers then. */
export async function takeSteps(given: Case, kind: "eager" | "graph", optimizer: string) {
  const train = { ...given.train, engine: kind, optimizer: { ...(given.train?.["optimizer"] as object), name: optimizer } };
  const engine = createEngine(engineOptions({ ...given, rows: 40, train }));
  const losses: number[] = [];
  for (let step = 0; step < stepCount; step++) losses.push(await takeStep(engine, step));
  const last = await engine.state();
  const logits = await engine.logits(allRows(16));
  engine.dispose();
  return { losses, last, logits };
}

/**
 * Lets both engines take the steps side by side; `together`: each from the state to which the one that runs op by op has come.
 * @returns the first step's losses and states, and the largest difference of a weight after the last step; after any of them if `together`
 */
export async function takeStepsSideBySide(
  given: Case,
  { batch, learningRate, together }: { batch: number; learningRate: number; together: boolean },
) {
  const engineOf = (engine: "eager" | "graph") =>
    createEngine(engineOptions({ ...given, rows: 40, train: { ...given.train, engine, batchSize: batch } }));
  const [eager, graph] = [engineOf("eager"), engineOf("graph")];
  let losses: number[] = [];
  let first: EngineState[] = [];
  let difference = 0;
  for (let step = 0; step < stepCount; step++) {
    if (together && step > 0) await graph.restore(await eager.state());
    const stepLosses = [
      await takeStep(eager, step, { batch, learningRate }),
      await takeStep(graph, step, { batch, learningRate }),
    ];
    if (step > 0 && step < stepCount - 1 && !together) continue;
    const states = [await eager.state(), await graph.state()] as const;
    if (step === 0) [losses, first] = [stepLosses, [...states]];
    difference = Math.max(difference, largestDifference(weightsIn(states[1]), weightsIn(states[0])));
  }
  eager.dispose();
  graph.dispose();
  return { losses, first, difference };
}

async function takeStep(
  engine: Engine,
  step: number,
  { batch = 16, learningRate = 1e-3 }: { batch?: number; learningRate?: number } = {},
): Promise<number> {
  const { totals } = await engine.trainEpoch({
    epoch: step + 1,
    order: allRows(batch).map((row) => (row * 7 + step * 3) % 40),
    fromStep: 0,
    learningRate,
    runningTotals: noTotals,
    onProgress: async () => false,
  });
  return totals.lossSum / totals.rows;
}

/** Without an optimizer's slots. */
function weightsIn({ step, variables }: EngineState): EngineState {
  return { step, variables: weightsOnly(variables) };
}

/** After one step with rate 1, the momentum of each weight is its negative gradient. */
export async function gradientsOf(given: Case, kind: "eager" | "graph"): Promise<EngineState> {
  const train = { ...given.train, engine: kind, optimizer: { ...(given.train?.["optimizer"] as object), name: "momentum" } };
  const engine = createEngine(engineOptions({ ...given, rows: 40, train }));
  const request = { epoch: 1, order: allRows(16), fromStep: 0, learningRate: 1 };
  await engine.trainEpoch({ ...request, runningTotals: noTotals, onProgress: async () => false });
  const { step, variables } = await engine.state();
  engine.dispose();
  return { step, variables: new Map([...variables].filter(([name]) => name.endsWith("/momentum"))) };
}

/**
 * Largest distance of a variable's two values by its own norm; by a hundredth of the norm of all where its own is smaller: a weight that a normalization
 * makes ineffective has a gradient of zero but for rounding, which is some 1e-7 of what it is computed from.
 */
export function relativeDistance(a: EngineState, b: EngineState): number {
  const least = Math.hypot(...[...b.variables.values()].map(({ values }) => norm(values))) / 100;
  const distances = [...b.variables].map(([name, { values }]) => {
    const other = a.variables.get(name)!.values;
    return norm(values.map((value, i) => value - other[i]!)) / Math.max(norm(values), least);
  });
  return Math.max(...distances);
}

export function largestDifference(a: EngineState, b: EngineState): number {
  return Math.max(...[...b.variables].map(([name, { values }]) => differenceOf(a.variables.get(name)!.values, values)));
}

export function differenceOf(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
