import { fileURLToPath } from "node:url";

import { NativeConnection, Worker } from "@temporalio/worker";

import { createSweepActivities } from "../activities/suggest.ts";
import type { RunRecord } from "../ml/run/schema.ts";
import { openStore } from "../storage/open-store.ts";
import type { S3Settings } from "../storage/s3-object-store.ts";
import { finishCheaply } from "./cheap-training.ts";

/** A worker of a sweep whose trainings cost nothing: a trial's value is its batch size. */
interface Given {
  settings: S3Settings;
  cacheFolder: string;
  address: string;
  taskQueue: string;
}

const { settings, cacheFolder, address, taskQueue } = JSON.parse(process.argv[2] ?? "null") as Given;
const store = await openStore(settings, cacheFolder);
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue,
  workflowsPath: fileURLToPath(new URL("sweep-workflows.js", import.meta.url)),
  activities: {
    ...createSweepActivities(store),
    cheapTraining: (record: RunRecord) => finishCheaply(record, record.pipeline.train.batchSize, store.runs),
  },
});
await worker.run();
