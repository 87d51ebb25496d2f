import { augmentParametersSchema } from "../../ml/augment/schema.ts";
import type { CheckReport } from "../../ml/check/schema.ts";
import { classCounts } from "../../ml/explore/class-balance.ts";
import { ImageMapper } from "../../ml/explore/image-map.ts";
import { ImageStatistics } from "../../ml/explore/image-statistics.ts";
import { summarizeDataset } from "../../ml/explore/summarize-dataset.ts";
import type { Dataset, Samples } from "../../ml/ingest/schema.ts";
import { randomStream } from "../../ml/random.ts";
import { edaReport } from "../../reports/eda-report.ts";
import type { ExplorationPictures } from "../../reports/exploration/galleries.ts";
import type { Picture } from "../../reports/pictures.ts";
import { pixel } from "./sample-evaluation.ts";
import { takeSteps } from "../support/take-steps.ts";

const [rowCount, side] = [60, 4];

/** The exploration of some random images with three columns, as a page. */
export function sampleEdaReport(classes: readonly string[]): string {
  const random = randomStream(8, "exploration");
  const all = Array.from({ length: rowCount }, (_, row) => row);
  const columns: Dataset["columns"] = [
    { name: "age", type: "number" },
    { name: "sex", type: "string" },
    { name: "a column with a long name & <signs>", type: "string" },
  ];
  const samples: Samples = {
    id: all.map((row) => `folder/${row}.png`),
    label: Int32Array.from(all, (row) => row % classes.length),
    part: all.map(() => ""),
    group: all.map((row) => `g${row % 50}`),
    sha256: all.map((row) => `h${Math.max(row, 2)}`),
    sourceSizes: { heights: Int32Array.from(all, (row) => 400 + (row % 12)), widths: Int32Array.from(all, () => 600) },
    columns: {
      age: all.map((row) => (row === 4 ? null : Math.floor(random() * 80))),
      sex: all.map(() => (random() < 0.5 ? "female" : "unknown")),
      "a column with a long name & <signs>": all.map((row) => ["x", "y", "z"][row % 3] ?? null),
    },
  };
  const dataset: Dataset = {
    formatVersion: 1,
    height: side,
    width: side,
    channels: 1,
    dtype: "uint8",
    classes: [...classes],
    rowCount,
    shards: [],
    samples: { uri: "objects/aa/aa", sha256: "a".repeat(64), sizeBytes: 1, mediaType: "application/vnd.apache.parquet" },
    columns,
    unreadable: [{ source: "a folder/<script>alert(1)</script>.png", reason: "cut short" }],
    licence: "CC BY 4.0",
  };
  const split = Uint8Array.from(all, (row) => (row < 40 ? 0 : row < 48 ? 1 : 2));
  const statistics = new ImageStatistics(dataset, 255, rowCount, classCounts(samples.label, classes.length));
  const mapper = new ImageMapper(dataset, 255, samples, 1);
  for (const row of all) {
    const image = Uint8Array.from({ length: side * side }, () => random() * 256);
    statistics.add(image, row, samples.label[row]!, split[row] === 0);
    mapper.add(image, row);
  }
  const labelNoise = {
    asked: 40,
    found: 1,
    suggestions: [
      { row: 3, id: "a<b>.png", part: "test" as const, label: classes[0]!, suggested: classes[1]!, confidence: 0.02 },
    ],
  };
  const result = { value: 0, threshold: 0, rowCount: 0, rows: [], waiver: null };
  const check: CheckReport = {
    formatVersion: 1,
    passed: true,
    results: [
      { ...result, rule: "class-size", severity: "fail", status: "passed", message: "the smallest class has 20 rows" },
      { ...result, rule: "dark-images", severity: "warn", status: "warned", message: "one image is dark", value: 1 },
    ],
  };
  const map = takeSteps(mapper.finish());
  const exploration = takeSteps(summarizeDataset({ dataset, samples, split, statistics, map, check, labelNoise }));
  const augmentation = {
    formatVersion: 1 as const,
    enabled: true,
    seed: 1,
    parameters: augmentParametersSchema.parse({ rotation: 10 }),
  };
  return edaReport({
    exploration,
    dataset,
    sha256: "ab".repeat(32),
    augmentation,
    seed: 1,
    samples,
    pictures: samplePictures(classes),
    by: null,
  });
}

function samplePictures(classes: readonly string[]): ExplorationPictures {
  const picture = (caption: string): Picture => ({
    dataUri: `data:image/png;base64,${pixel}`,
    width: 28,
    height: 28,
    alt: caption,
    caption,
  });
  return {
    classes: classes.map((name) => ({
      name,
      rows: 20,
      samples: [picture(""), picture("")],
      mean: picture(name),
      deviation: picture(name),
    })),
    hiddenClasses: 0,
    extremes: [{ title: "Darkest", pictures: [picture("")] }],
    rules: [{ title: "dark-images", pictures: [picture("one")] }],
    labelNoise: [picture(`a<b>.png (test): ${classes[0]}, rather ${classes[1]} (0.020)`)],
    duplicates: [[picture("one"), picture("two")]],
    augmentation: [picture("as it is"), picture("epoch 1")],
  };
}
