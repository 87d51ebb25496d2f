import { Unavailable } from "../client/types.ts";
import type { Services } from "./services.ts";

/** The house itself; each room is imported when it is first asked. */
export const realServices: Services = {
  connect: async (options) => (await import("../client/connect.ts")).connect(options),
  startStack: absent,
  stopStack: absent,
  stackStatus: absent,
  resetStack: absent,
  diagnose: absent,
};

function absent(): Promise<never> {
  return Promise.reject(new Unavailable("This build has no embedded stack", "set TEMPORAL_ADDRESS and S3_ENDPOINT"));
}
