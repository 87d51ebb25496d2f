import type { Dataset, Samples } from "../ml/ingest/schema.ts";
import { partCodes } from "../ml/split/schema.ts";
import type { DatasetFacts } from "../reports/evaluation/cards.ts";

/**
 * A data set as reports and cards name it.
 * @param codes part of each row, shape [rows]
 */
export function datasetFacts(
  { height, width, channels, dtype, classes, rowCount, licence, corrections }: Dataset,
  { label }: Pick<Samples, "label">,
  codes: Uint8Array,
  identity: { name: string; sha256: string },
): DatasetFacts {
  const perClass = { train: zeros(classes), validation: zeros(classes), test: zeros(classes) };
  for (const part of ["train", "validation", "test"] as const) {
    const own = perClass[part];
    for (const [row, code] of codes.entries()) {
      const of = label[row] ?? -1;
      if (code === partCodes[part] && of in own) own[of] = (own[of] ?? 0) + 1;
    }
  }
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  return {
    ...identity,
    classes,
    rows: rowCount,
    splitSizes: { train: total(perClass.train), validation: total(perClass.validation), test: total(perClass.test) },
    perClass,
    licence,
    ...(corrections ? { corrections } : {}),
    shape: `${height} × ${width} × ${channels}, ${dtype}`,
  };
}

function zeros(classes: readonly string[]): number[] {
  return classes.map(() => 0);
}
