import type { StoreLink } from "../client/connect.ts";
import type { Convoy } from "../client/types.ts";

export interface ConnectOptions {
  profile: string | undefined;
  /** Told what is being started or waited for, a line each. */
  onProgress: (line: string) => void;
}

/** What commands ask of the rest of the house; imported on first use. Tests hand in fakes. */
export interface Services {
  /** Starts the embedded stack where none is configured, and connects. @throws {Unavailable} */
  connect(options: ConnectOptions): Promise<Convoy>;
  /** The same for what needs only the store: Temporal is neither started nor asked. @throws {Unavailable} */
  openStore(options: ConnectOptions): Promise<StoreLink>;
  startStack(options: ConnectOptions): Promise<StackReport>;
  /** Stops what runs; the data stays. @returns names of what was stopped */
  stopStack(options: ConnectOptions): Promise<{ profile: string; stopped: string[] }>;
  stackStatus(options: ConnectOptions): Promise<StackReport>;
  /** Stops the stack and deletes its state folder. */
  resetStack(options: ConnectOptions): Promise<{ profile: string; deleted: string | null }>;
  diagnose(options: ConnectOptions): Promise<HealthCheck[]>;
}

/** One server or worker of the embedded stack. */
export interface StackPart {
  name: string;
  state: "running" | "starting" | "stopped" | "broken" | "external";
  /** Address, process id, version: what helps a person. */
  detail: string;
}

export interface StackReport {
  profile: string;
  /**
   * `broken`: processes run that nobody looks after; starting or stopping mends it. `external`: both servers are given by
   * configuration and nothing of convoy's runs on this machine.
   */
  state: "running" | "starting" | "stopping" | "stopped" | "failed" | "broken" | "external";
  parts: StackPart[];
  notices: string[];
}

/** One thing that `doctor` looked at. */
export interface HealthCheck {
  name: string;
  status: "ok" | "warning" | "problem";
  message: string;
  /** The command or setting that fixes it. */
  hint: string | null;
}
