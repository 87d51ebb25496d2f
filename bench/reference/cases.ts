/** A case at full length: `pipelines/<name>.yaml` over one folder of real data. */
export interface ReferenceCase {
  name: string;
  /** Within the data folder. */
  folder: string;
  /** Settings beyond the pipeline file's own, e.g. a size that two cores can train. */
  settings: readonly string[];
  /** What is to be reached on the test part. */
  goal: string;
}

const smallXrays = ["ingest.height=128", "ingest.width=128"];

export const referenceCases: readonly ReferenceCase[] = [
  { name: "mnist", folder: "mnist", settings: [], goal: "train accuracy of epoch 5 near 0.9262, test near 0.9253" },
  { name: "mnist-convnet", folder: "mnist", settings: [], goal: "accuracy ≥ 0.99" },
  { name: "kmnist", folder: "kmnist", settings: [], goal: "accuracy ≥ 0.93" },
  { name: "fashion-mnist", folder: "fashion-mnist", settings: [], goal: "accuracy ≥ 0.90" },
  {
    name: "skin-lesions",
    folder: "ham10000",
    settings: [],
    goal: "balanced accuracy ≥ 0.45, AUC ≥ 0.86, accuracy > 0.6675, ≤ 20 minutes",
  },
  {
    name: "chest-xray",
    folder: "chest_xray",
    settings: smallXrays,
    goal: "accuracy ≥ 0.92, balanced accuracy ≥ 0.88, AUC ≥ 0.97, at 128×128 in ≤ 5 minutes",
  },
  { name: "chest-xray-given", folder: "chest_xray", settings: smallXrays, goal: "none: its parts leak, and its report says so" },
  { name: "cats-dogs", folder: "cats_dogs", settings: [], goal: "accuracy ≥ 0.65" },
];

export function findReferenceCase(name: string): ReferenceCase | undefined {
  return referenceCases.find((entry) => entry.name === name);
}

/** The command line that runs a case; later settings win over earlier ones. */
export function referenceArguments(
  { name, folder, settings }: ReferenceCase,
  dataFolder: string,
  more: readonly string[] = [],
): string[] {
  const all = [`dataset.path=${dataFolder}/${folder}`, ...settings, ...more];
  return ["run", `pipelines/${name}.yaml`, ...all.flatMap((setting) => ["--set", setting])];
}
