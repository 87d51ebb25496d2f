import { MockActivityEnvironment } from "@temporalio/testing";
import { DefaultLogger } from "@temporalio/worker";

type ActivityInfo = ConstructorParameters<typeof MockActivityEnvironment>[0];

/** Where an activity runs by itself. It does not print failures: tests look at them. */
export function activityEnvironment(info: ActivityInfo = {}): MockActivityEnvironment {
  return new MockActivityEnvironment(info, { logger: new DefaultLogger("ERROR") });
}
