import { CancellationScope, continueAsNew, isCancellation } from "@temporalio/workflow";

import type { RunRecord } from "../ml/run/schema.ts";
import { requireParts } from "../ml/split/require-parts.ts";
import { crossValidate } from "./cross-validate.ts";
import type { TrainModelRun } from "./run-state.ts";
import { RunState } from "./run-state.ts";
import { DamagedResult, EndReached, Stages } from "./stages.ts";

/**
 * Takes one data set through the ten stages. What was made before from the same inputs, by the same code, is reused; what may run
 * at the same time does. A result whose bytes turn out damaged is forgotten and the run begins anew: everything else is reused.
 */
export async function trainModel(run: TrainModelRun): Promise<RunRecord> {
  const state = new RunState(run);
  state.acceptRetries();
  try {
    await runStages(state, run);
    return await state.finish("done");
  } catch (error) {
    if (error instanceof EndReached) return await state.finish("done");
    if (error instanceof DamagedResult && state.mayBeginAnew()) {
      await state.save();
      return continueAsNew<typeof trainModel>(state.forContinuation());
    }
    const status = isCancellation(error) ? "cancelled" : "failed";
    await CancellationScope.nonCancellable(() => state.finish(status, error));
    throw state.asFailure(error);
  }
}

async function runStages(state: RunState, run: TrainModelRun): Promise<void> {
  const stages = new Stages(state, run);
  const { source, trial, foldOf } = run.record;

  const { dataset } = await stages.run("ingest", { inputs: { source } });
  const { report } = await stages.run("check", { inputs: { dataset } });
  const { split } = await stages.run("split", { inputs: { dataset, check: report } });

  const [{ normalizer }, { encoder }] = await Promise.all([
    stages.run("normalize", { inputs: { dataset, split } }),
    stages.run("encode", { inputs: { dataset, split } }),
  ]);
  const { augmentation } = await stages.run("augment", { inputs: { dataset, split } });
  requireParts(state.record, state.stage("split").summary);

  const data = { dataset, split, normalizer, encoder };
  if (trial) return void (await stages.train({ ...data, augmentation }));
  // A fold's run looks at the same data as the one that started it.
  const explored = foldOf === undefined && stages.run("explore", { inputs: { dataset, split, augmentation, check: report } });
  const registered = (async () => {
    const { model, weights, history } = await stages.train({ ...data, augmentation });
    const trained = { model, weights, history };
    const folds = await crossValidate(run, state.record);
    const evaluated = await stages.run("evaluate", { inputs: { ...data, ...trained, ...folds } });
    if (run.reproduces) return;
    await stages.publish({ ...data, ...trained, metrics: evaluated.metrics, predictions: evaluated.predictions });
  })();

  // Nothing waits for the exploration, and it does not stop a training; but a run is done only when both are.
  const settled = await Promise.allSettled([registered, explored]);
  const reasons = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  const failed = reasons.find((reason) => !(reason instanceof EndReached)) ?? reasons[0];
  if (failed !== undefined) throw failed;
}
