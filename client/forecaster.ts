import type { ArtifactRef } from "../ml/artifact.ts";
import type { Pipeline } from "../ml/pipeline.ts";
import { gatherInputs } from "../ml/run/downstream.ts";
import type { StageForecast } from "../ml/run/forecast.ts";
import { expectedSeconds, whyNew } from "../ml/run/forecast.ts";
import type { EarlierTraining, RunRecord } from "../ml/run/schema.ts";
import { stageParameters } from "../ml/run/stage-parameters.ts";
import type { Stage } from "../ml/stages.ts";
import { seedOf } from "../ml/stages.ts";
import { ledgerKey } from "../storage/ledger.ts";
import type { Store } from "../storage/open-store.ts";
import type { TrainingWork } from "../storage/trainings.ts";
import { earlierTrainings } from "../storage/trainings.ts";

type Refs = Record<string, ArtifactRef>;

interface Basis {
  store: Store;
  codeHashes: Readonly<Record<Stage, string>>;
  pipeline: Pipeline;
  source: ArtifactRef;
  /** Newest first; those of other folds do not count. */
  earlier: readonly RunRecord[];
}

interface Work {
  parameters: unknown;
  inputs: Refs;
  seed: number | null;
  codeHash: string;
}

/** Looks up one run's stages as the run itself would, in their order: what one of them makes is known for the next where it is reused. */
export class Forecaster {
  /** Outputs of the stages that are reused. */
  readonly known: Map<Stage, Refs>;
  readonly #basis: Basis;
  readonly #earlier: readonly RunRecord[];

  constructor(basis: Basis, known = new Map<Stage, Refs>()) {
    this.#basis = basis;
    this.known = known;
    this.#earlier = basis.earlier.filter((record) => record.pipeline.split.fold === basis.pipeline.split.fold);
  }

  /** Of the run that is tested on one fold, from 0 on: it is handed what the whole one knows. */
  ofFold(fold: number): Forecaster {
    const { pipeline } = this.#basis;
    return new Forecaster({ ...this.#basis, pipeline: { ...pipeline, split: { ...pipeline.split, fold } } }, new Map(this.known));
  }

  /** @param more inputs besides those of the stages before; null where they are not known yet */
  async forecast(stage: Stage, more: Refs | null = {}): Promise<StageForecast> {
    const { store, codeHashes, pipeline, source } = this.#basis;
    const { inputs, waitsFor } = gatherInputs(stage, this.known);
    this.known.delete(stage); // a fold's own result is another than what it was handed
    const seconds = expectedSeconds(stage, pipeline, this.#earlier);
    const makers = [...waitsFor, ...(more === null ? ["its folds"] : [])];
    if (makers.length > 0)
      return { stage, action: "run", why: `takes what ${makers.join(" and ")} will make`, madeBy: null, seconds };
    const seed = seedOf(stage, pipeline.seed);
    const work = {
      parameters: stageParameters[stage](pipeline),
      inputs: stage === "ingest" ? { source } : { ...inputs, ...more },
      seed,
      codeHash: codeHashes[stage],
    };
    const key = ledgerKey({ stage, parameters: work.parameters, inputs: work.inputs, seed });
    const found = await store.ledger.find({ stage, key, codeHash: work.codeHash });
    if (!found) return this.#newWork(stage, key, work);
    this.known.set(stage, found.outputs);
    return { stage, action: "reuse", why: `made by run ${found.runId}`, madeBy: found.runId, seconds: 0 };
  }

  async #newWork(stage: Stage, key: string, work: Work): Promise<StageForecast> {
    const { store, pipeline } = this.#basis;
    const other = await store.ledger.newest(stage, key);
    const why = other
      ? `its code has changed since run ${other.runId}`
      : whyNew({ stage, pipeline, inputs: work.inputs }, this.#earlier);
    const from = stage === "train" ? await furthestTraining(store, work) : undefined;
    const seconds = expectedSeconds(stage, pipeline, this.#earlier, from?.epoch);
    if (!from) return { stage, action: "run", why, madeBy: null, seconds };
    const goesOn = `continues from epoch ${from.epoch} of run ${from.runId}: ${why}`;
    return { stage, action: "run", why: goesOn, madeBy: null, continuedFrom: from, seconds };
  }
}

async function furthestTraining({ objects }: Store, work: Work): Promise<EarlierTraining | undefined> {
  // What a training reads of a pipeline.
  const parameters = work.parameters as TrainingWork["parameters"];
  const [furthest] = await earlierTrainings(objects, { ...work, parameters });
  return furthest;
}
