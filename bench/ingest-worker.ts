import { createInterface } from "node:readline";

import { ingestPart } from "../activities/ingest-part.ts";
import type { IngestTaskParameters } from "../activities/ingest.ts";
import type { ArtifactRef } from "../ml/artifact.ts";
import type { S3Settings } from "../storage/s3-object-store.ts";
import { openStore } from "../storage/open-store.ts";
import { quietContext } from "./stage-bench.ts";

/** One data worker of the ingest benchmark: decodes the parts that each line names, and answers with an empty line. */
interface Given {
  settings: S3Settings;
  folder: string;
  parameters: IngestTaskParameters;
}

const { settings, folder, parameters } = JSON.parse(process.argv[2] ?? "null") as Given;
const store = await openStore(settings, folder);
process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  for (const part of JSON.parse(line) as ArtifactRef[]) {
    await ingestPart({ parameters, part }, await quietContext(store, folder));
  }
  process.stdout.write("done\n");
}
store.close();
