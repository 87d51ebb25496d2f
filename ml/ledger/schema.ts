import { z } from "zod";

import { artifactRefSchema } from "../artifact.ts";
import { stages } from "../stages.ts";

/** What a stage made from what: `ledger/<stage>/<key>/<entry>.json`. */
export const ledgerEntrySchema = z.strictObject({
  formatVersion: z.literal(1),
  stage: z.enum(stages),
  /** sha256 over stage name, parameters, input hashes and, if the stage draws, the seed. */
  key: z.string(),
  /** Names the entry: code hash and environment hash. */
  entry: z.string(),
  codeHash: z.string(),
  /** What may change bits: runtime, platform, library builds, threads. */
  environment: z.record(z.string(), z.string()),
  /** The run that made it. */
  runId: z.string(),
  createdAt: z.string(),
  seconds: z.number(),
  outputs: z.record(z.string(), artifactRefSchema),
  summary: z.record(z.string(), z.json()),
});
export type LedgerEntry = z.infer<typeof ledgerEntrySchema>;
