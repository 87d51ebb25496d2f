import { join } from "node:path";

import { s3Variables, temporalVariables } from "./embedded-variables.ts";
import { PortBook } from "./port-book.ts";
import { companionPorts, s3Launch } from "./s3-server.ts";
import type { WantedServers } from "./stack-files.ts";
import { stackPaths } from "./stack-files.ts";
import type { StackState } from "./stack-state.ts";
import type { LaunchPlan } from "./supervised-process.ts";
import { SupervisedProcess } from "./supervised-process.ts";
import { temporalLaunch } from "./temporal-server.ts";

const firstStarts = 3;
const graceMs = 10_000;

/** The embedded servers of a stack: at most one Temporal and one S3 server. */
export class ServerCrew {
  readonly #stateFolder: string;
  readonly #ports: PortBook;
  readonly #onChange: () => void;
  #temporal: { process: SupervisedProcess; address: string; webUiUrl: string } | undefined;
  #s3: { process: SupervisedProcess; endpoint: string; kind: NonNullable<WantedServers["s3"]>["kind"] } | undefined;

  constructor(stateFolder: string, options: { onChange: () => void; onNotice: (notice: string) => void }) {
    this.#stateFolder = stateFolder;
    this.#ports = new PortBook(stateFolder, options.onNotice);
    this.#onChange = options.onChange;
  }

  /** Starts what is wanted and not there yet. */
  start(wanted: WantedServers): void {
    if (wanted.temporal && !this.#temporal) this.#startTemporal(wanted.temporal.program);
    if (wanted.s3 && !this.#s3) this.#startS3(wanted.s3);
  }

  get state(): Pick<StackState, "temporal" | "s3"> {
    const { process: temporal, ...temporalFacts } = this.#temporal ?? {};
    const { process: s3, ...s3Facts } = this.#s3 ?? {};
    return {
      temporal: temporal ? { ...(temporalFacts as { address: string; webUiUrl: string }), process: temporal.state } : null,
      s3: s3 ? { ...(s3Facts as { endpoint: string; kind: "versitygw" | "seaweedfs" }), process: s3.state } : null,
    };
  }

  /** Whether those of the embedded servers that are asked about answer. */
  isReady(asked: { temporal: boolean; s3: boolean }): boolean {
    return (!asked.temporal || this.#temporal?.process.status === "ready") && (!asked.s3 || this.#s3?.process.status === "ready");
  }

  hasFailed(): boolean {
    return this.#temporal?.process.status === "failed" || this.#s3?.process.status === "failed";
  }

  /** What tells a worker how to reach the embedded servers that are asked for. */
  variables(asked: { temporal: boolean; s3: boolean }): Record<string, string> {
    return {
      ...(asked.temporal && this.#temporal ? temporalVariables(this.#temporal.address) : {}),
      ...(asked.s3 && this.#s3 ? s3Variables(this.#stateFolder, this.#s3.endpoint) : {}),
    };
  }

  async stop(): Promise<void> {
    await Promise.all([this.#temporal?.process.stop(), this.#s3?.process.stop()]);
  }

  #startTemporal(program: string): void {
    const plan = async () => {
      const ports = { grpc: await this.#ports.claim("temporal"), ui: await this.#ports.claim("temporalUi") };
      Object.assign(server, { address: `127.0.0.1:${ports.grpc}`, webUiUrl: `http://127.0.0.1:${ports.ui}` });
      return temporalLaunch(program, this.#stateFolder, ports);
    };
    const server = { process: this.#supervise("temporal", plan), address: "", webUiUrl: "" };
    this.#temporal = server;
    server.process.start();
  }

  #startS3({ program, kind }: NonNullable<WantedServers["s3"]>): void {
    const plan = async () => {
      const ports = new Map<string, number>();
      for (const name of ["s3", ...companionPorts[kind]]) ports.set(name, await this.#ports.claim(name));
      this.#ports.recordS3Kind(kind);
      server.endpoint = `http://127.0.0.1:${ports.get("s3")}`;
      return s3Launch(kind, program, this.#stateFolder, (name) => ports.get(name) ?? 0);
    };
    const server = { process: this.#supervise("s3", plan), endpoint: "", kind };
    this.#s3 = server;
    server.process.start();
  }

  #supervise(name: string, plan: () => Promise<LaunchPlan>): SupervisedProcess {
    const logFile = join(stackPaths(this.#stateFolder).logs, `${name}.log`);
    return new SupervisedProcess({ name, logFile, plan, graceMs, maxFirstStarts: firstStarts, onChange: this.#onChange });
  }
}
