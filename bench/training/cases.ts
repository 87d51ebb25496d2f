/** Images of one shape, and a network that is trained on them. */
export interface ImageCase {
  name: string;
  height: number;
  width: number;
  channels: number;
  classes: number;
  /** Images an epoch; enough for a second or more. */
  rows: number;
  batchSize: number;
  /** As in a pipeline file; the head is added. */
  layers: readonly BenchLayer[];
  /** As in a pipeline file. */
  augment?: Record<string, number | string>;
}

/** One network and data shape whose training speed is compared. */
export interface TrainingCase extends ImageCase {
  /** How many times as many images a second as each of the others. */
  goals: { stock: number; keras: number };
  /** Images an epoch on a graphics card. */
  cardRows: number;
}

/** The layers all three programs build alike: 3 × 3 ReLU convolutions, 2 × 2 maximum pools, ReLU dense layers. */
export type BenchLayer =
  | { conv: number; padding: "same" | "valid" }
  | { pool: "max" | "globalAverage" }
  | { dropout: number }
  | "flatten"
  | { dense: number };

const conv = (filters: number, padding: "same" | "valid"): BenchLayer => ({ conv: filters, padding });
const pool: BenchLayer = { pool: "max" };
const small = { height: 28, width: 28, channels: 1, classes: 10 };
const convnet: Pick<TrainingCase, "layers" | "rows" | "cardRows"> = {
  layers: [conv(32, "valid"), pool, conv(64, "valid"), pool, { dropout: 0.5 }, "flatten"],
  rows: 12_800,
  cardRows: 51_200,
};

export const trainingCases: readonly TrainingCase[] = [
  {
    name: "softmax 784-10",
    ...small,
    rows: 60_000,
    cardRows: 60_000,
    batchSize: 32,
    layers: ["flatten"],
    goals: { stock: 7, keras: 3.5 },
  },
  { name: "convnet 28×28", ...small, ...convnet, batchSize: 128, goals: { stock: 3, keras: 1.15 } },
  { name: "convnet 28×28", ...small, ...convnet, batchSize: 32, goals: { stock: 4.5, keras: 1.7 } },
  {
    name: "skin lesions 75×100×3",
    height: 75,
    width: 100,
    channels: 3,
    classes: 7,
    rows: 300,
    cardRows: 3_000,
    batchSize: 10,
    layers: [
      conv(32, "same"),
      conv(32, "same"),
      pool,
      { dropout: 0.25 },
      conv(64, "same"),
      conv(64, "same"),
      pool,
      { dropout: 0.4 },
      "flatten",
      { dense: 128 },
      { dropout: 0.5 },
    ],
    goals: { stock: 2, keras: 1.2 },
  },
  {
    name: "chest X-ray 224×224×3",
    height: 224,
    width: 224,
    channels: 3,
    classes: 2,
    rows: 128,
    cardRows: 2_048,
    batchSize: 32,
    layers: [conv(32, "valid"), pool, conv(64, "valid"), pool, conv(128, "valid"), pool, "flatten", { dense: 128 }],
    goals: { stock: 2, keras: 1.1 },
  },
];
