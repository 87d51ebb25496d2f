import type { EpochRecord } from "./schema.ts";

/** A line an epoch, as Keras' `CSVLogger` writes it (`val_` for validation), with the learning rate and what callbacks gave. Missing values are empty. */
export function csvLog(epochs: readonly EpochRecord[]): string {
  const own = [...new Set(epochs.flatMap(({ metrics }) => Object.keys(metrics ?? {})))].toSorted();
  const columns: [string, (epoch: EpochRecord) => number | null | undefined][] = [
    ["epoch", ({ epoch }) => epoch],
    ["accuracy", ({ train }) => train.accuracy],
    ["loss", ({ train }) => train.loss],
    ["val_accuracy", ({ validation }) => validation?.accuracy],
    ["val_auc", ({ validation }) => validation?.auc],
    ["val_balanced_accuracy", ({ validation }) => validation?.balancedAccuracy],
    ["val_loss", ({ validation }) => validation?.loss],
    ["learning_rate", ({ learningRate }) => learningRate],
    ...own.map((name): (typeof columns)[number] => [name, ({ metrics }) => metrics?.[name]]),
  ];
  const lines = epochs.map((epoch) => columns.map(([, value]) => value(epoch) ?? "").join(","));
  return [columns.map(([name]) => quoted(name)).join(","), ...lines, ""].join("\n");
}

function quoted(name: string): string {
  return /[",\n\r]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
