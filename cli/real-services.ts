import type { Services } from "./services.ts";

/** The house itself; each room is imported when it is first asked. */
export const realServices: Services = {
  connect: async (options) => (await import("../client/connect.ts")).connect(options),
  openStore: async (options) => (await import("../client/connect.ts")).openStoreLink(options),
  startStack: async (options) => (await import("./stack-services.ts")).startStack(options),
  stopStack: async (options) => (await import("./stack-services.ts")).stopStack(options),
  stackStatus: async (options) => (await import("./stack-services.ts")).stackStatus(options),
  resetStack: async (options) => (await import("./stack-services.ts")).resetStack(options),
  diagnose: async (options) => (await import("./stack-services.ts")).diagnose(options),
};
