import { proxyActivities } from "@temporalio/workflow";

import { activityProfiles } from "../temporal.config.ts";

export { trainModel } from "../workflows/index.ts";

interface BareActivities {
  bare(): Promise<void>;
  promote(): Promise<unknown>;
}

/**
 * What `trainModel` asks of Temporal, and nothing else: ten activities and a promotion on the same queues, with the same retry
 * profiles, in the same order.
 */
export async function bareActivities({ queues }: { queues: { data: string; gpu: string } }): Promise<void> {
  const data = proxyActivities<BareActivities>({ taskQueue: queues.data, ...activityProfiles.dataStage });
  const gpu = proxyActivities<BareActivities>({ taskQueue: queues.gpu, ...activityProfiles.training });
  for (let ingestCheckSplit = 0; ingestCheckSplit < 3; ingestCheckSplit++) await data.bare();
  await Promise.all([data.bare(), data.bare()]); // normalize, encode
  await data.bare(); // augment
  const explored = data.bare();
  for (let trainEvaluate = 0; trainEvaluate < 2; trainEvaluate++) await gpu.bare();
  await data.bare(); // register
  await data.promote();
  await explored;
}
