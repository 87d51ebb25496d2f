import { defineQuery } from "@temporalio/workflow";

import type { RunRecord } from "../ml/run/schema.ts";

/** The run's record as the workflow has it now: a little newer than the one in storage. */
export const runRecordQuery = defineQuery<RunRecord>("runRecord");
