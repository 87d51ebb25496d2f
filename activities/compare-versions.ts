import { InvalidData, RegistrationRefused } from "../ml/errors.ts";
import { randomStream } from "../ml/random.ts";
import type { PromotionDecision } from "../ml/register/promotion.ts";
import { decidePromotion } from "../ml/register/promotion.ts";
import type { ModelVersion, RegisterParameters } from "../ml/register/schema.ts";
import { trainingOverlap } from "../ml/register/training-overlap.ts";
import { partCodes } from "../ml/split/schema.ts";
import { ModelRegistry } from "../storage/model-registry.ts";
import type { Store } from "../storage/open-store.ts";
import { withScratchFolder } from "../storage/scratch-folder.ts";
import { readTable } from "../storage/tables.ts";
import type { VersionData } from "../storage/version-data.ts";
import { readVersionData } from "../storage/version-data.ts";
import { Predictor } from "./predictor.ts";
import { rescore } from "./rescore.ts";
import type { StageLog } from "./stage.ts";
import type { TrainerSettings } from "./trainer-process.ts";

export interface CompareContext {
  store: Pick<Store, "objects" | "artifacts" | "openBucket" | "runs">;
  /** How TensorFlow is started, where this process may. */
  trainer: TrainerSettings | null;
  log: StageLog;
  signal: AbortSignal;
}

export interface CompareTask {
  challenger: ModelVersion;
  champion: ModelVersion;
  policy: Pick<RegisterParameters, "gate" | "margin">;
}

const shownNames = 5;

/**
 * Puts champion and challenger before the same frozen test set, the challenger's, each with its own preprocessing. What an evaluation wrote
 * down for this very set is taken as it is: asking again gives the same bits.
 *
 * @returns null where the champion has to be asked and this process may not start TensorFlow
 * @throws {RegistrationRefused} where the test set has shaped one of the two, or cannot be read any more
 */
export async function compareVersions(task: CompareTask, context: CompareContext): Promise<PromotionDecision | null> {
  const { challenger, champion, policy } = task;
  const { artifacts } = context.store;
  const [data, trained] = await Promise.all([readVersionData(challenger, artifacts), readVersionData(champion, artifacts)]);
  if (!data || !trained) throw refused(task, `the data of ${data ? name(champion) : name(challenger)} are no longer stored`);
  const rows = Int32Array.from([...data.codes.keys()].filter((row) => data.codes[row] === partCodes.test));
  refuseOverlap(task, rows, { data, trained });
  const [own, theirs] = await Promise.all([
    storedAnswers(challenger, context),
    isSameTest(challenger, champion) ? storedAnswers(champion, context) : askChampion(task, { data, rows }, context),
  ]);
  if (theirs === null) return null;
  const { classes } = data.dataset;
  const codeOf = new Map(classes.map((each, code) => [each, code]));
  const record = await context.store.runs.find(challenger.runId);
  const columns = (record?.pipeline.evaluate.slices ?? []).map((column) => [
    column,
    Array.from(rows, (row) => data.samples.columns[column]?.[row] ?? null),
  ]);
  const groups = Array.from(rows, (row) => data.samples.group[row] ?? "");
  return decidePromotion({
    answers: {
      truth: rows.map((row) => data.samples.label[row] ?? -1),
      challenger: Int32Array.from(own, (answer) => codeOf.get(answer) ?? -1),
      // A class that only one of them knows is a mistake of the other.
      champion: Int32Array.from(theirs, (answer) => codeOf.get(answer) ?? -1),
      classCount: classes.length,
      groups: groups.some((group) => group !== "") ? groups : null,
    },
    columns: Object.fromEntries(columns) as Record<string, (string | number | null)[]>,
    policy,
    attempts: await countAttempts(challenger, context),
    random: randomStream(0, "promote", challenger.contentHash, champion.contentHash),
  });
}

function refuseOverlap(
  task: CompareTask,
  rows: Int32Array,
  { data, trained }: { data: VersionData; trained: VersionData },
): void {
  for (const [model, lineage] of [
    [task.challenger, data],
    [task.champion, trained],
  ] as const) {
    const shape = ({ dataset: { height, width, channels, dtype } }: VersionData) => `${dtype} ${height} ${width} ${channels}`;
    const found = trainingOverlap(data, rows, { trained: lineage, sameShape: shape(data) === shape(lineage) });
    if (found.length === 0) continue;
    const shown = `${found.slice(0, shownNames).join(", ")}${found.length > shownNames ? " …" : ""}`;
    throw refused(
      task,
      `${found.length} groups or images of the test set have shaped ${name(model)}, which would know the answers: ${shown}`,
    );
  }
}

function isSameTest(a: ModelVersion, b: ModelVersion): boolean {
  return (["dataset", "split"] as const).every(
    (input) => a.lineage[input] !== undefined && a.lineage[input] === b.lineage[input],
  );
}

/** Names of classes, by row of the test set, as its evaluation wrote them down. */
async function storedAnswers({ evidence, signature }: ModelVersion, { store }: CompareContext): Promise<string[]> {
  const table = await readTable(await store.artifacts.localPath(evidence.predictions), ["predicted"]);
  return (table["predicted"] ?? []).map((code) => signature.classes[Number(code)] ?? "");
}

async function askChampion(
  { champion, challenger }: CompareTask,
  { data, rows }: { data: VersionData; rows: Int32Array },
  { store, trainer, log, signal }: CompareContext,
): Promise<string[] | null> {
  if (!trainer) return null;
  const predictor = await Predictor.open(champion, { artifacts: store.artifacts, trainer, log });
  try {
    const { artifacts, openBucket, runs } = store;
    return await withScratchFolder("compare", (scratchFolder) =>
      rescore(
        { model: champion, owner: challenger, data, rows },
        { artifacts, openBucket, runs, predictor, scratchFolder, signal },
      ),
    );
  } catch (cause) {
    if (!(cause instanceof InvalidData)) throw cause;
    throw refused({ champion, challenger }, `${name(champion)} cannot be asked about the test set: ${cause.message}`, cause);
  } finally {
    await predictor.close();
  }
}

/** Versions of this model that were tested on the challenger's test set, it among them. */
async function countAttempts(challenger: ModelVersion, { store }: CompareContext): Promise<number> {
  const registry = new ModelRegistry(store.objects);
  const numbers = await registry.versions(challenger.name);
  const versions = await Promise.all(numbers.map((number) => registry.version(challenger.name, number)));
  return versions.filter((version) => version.version <= challenger.version && isSameTest(version, challenger)).length;
}

function name({ name: model, version }: ModelVersion): string {
  return `${model}:${version}`;
}

function refused({ champion, challenger }: Pick<CompareTask, "champion" | "challenger">, why: string, cause?: unknown) {
  return new RegistrationRefused(
    `${name(challenger)} and ${name(champion)} cannot be compared: ${why}. Test on images that neither has seen, or set the alias by hand, with a reason`,
    { cause },
  );
}
