import { totalmem } from "node:os";

import type { EngineContext } from "../engine-context.ts";
import { bytesEach } from "../engine.ts";
import type { CompilePlan } from "./compile.ts";
import { stepsPerCall } from "./steps-per-call.ts";

const largestResidentBytes = 2 ** 31;

/** What to compile for epochs of so many rows; null to evaluate only. */
export function compilePlan({ options, network }: EngineContext, trainRows: number | null): CompilePlan {
  const { batchSize } = options.train;
  const resident = isResident(options);
  if (trainRows === null) return { batchSizes: [], resident, stepsPerCall: 1 };
  const sizes = [Math.min(batchSize, trainRows), trainRows % batchSize].filter((size) => size > 0);
  const many = resident ? Math.min(stepsPerCall(network, batchSize), Math.floor(trainRows / batchSize)) : 1;
  return { batchSizes: [...new Set(sizes)], resident, stepsPerCall: Math.max(1, many) };
}

function isResident({ data, residentBytes }: EngineContext["options"]): boolean {
  const bytes = data.rowCount * data.height * data.width * data.channels * bytesEach[data.dtype];
  return bytes <= (residentBytes ?? Math.min(largestResidentBytes, totalmem() / 4));
}
