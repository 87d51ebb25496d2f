import { Writable } from "node:stream";

import { expect, test, vi } from "vitest";

import { importInfra, inFolder } from "./import-local.ts";

interface InstallEvent {
  component: string;
  title: string;
  state: "working" | "ready" | "failed" | "stopped";
  detail?: string;
  bytes?: number;
  totalBytes?: number;
  seconds: number;
}

const { showProgress } = await importInfra<{
  showProgress: (stream: Writable) => { onEvent: (event: InstallEvent) => void; finish: () => void };
}>("progress.mjs");
const { install } = await importInfra<{ install: (wanted: string[], options?: object) => Promise<void> }>("install.mjs");
interface Server {
  isConfigured(): boolean;
  isReady(): boolean | Promise<boolean>;
}
const { temporal } = await importInfra<{ temporal: Server }>("temporal.mjs");
const { s3 } = await importInfra<{ s3: Server }>("s3.mjs");
const { tensorflowKind } = await importInfra<{ tensorflowKind: () => string }>("tensorflow.mjs");
const { InstallError } = await importInfra<{ InstallError: new (details: object) => Error }>("run-program.mjs");

function setVariables(variables: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}

function written(events: InstallEvent[]): string[] {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const progress = showProgress(stream);
  for (const event of events) progress.onEvent(event);
  progress.finish();
  return lines;
}

test("writes one plain line when a download starts and one when it is done, with sizes and time", () => {
  const event = { component: "tensorflow", title: "TensorFlow 2.21.0", seconds: 0 } as const;

  const lines = written([
    { ...event, state: "working", detail: "downloading", bytes: 0, totalBytes: 274e6 },
    { ...event, state: "working", detail: "downloading", bytes: 100e6, totalBytes: 274e6 },
    { ...event, state: "ready", bytes: 853e6, seconds: 31 },
  ]);

  expect(lines).toEqual(["TensorFlow 2.21.0   downloading 274 MB\n", "TensorFlow 2.21.0   ready in 31 s (853 MB on disk)\n"]);
});

test("knows that configured servers need no programs of its own, and takes none for installed that are not", () =>
  inFolder(async (folder) => {
    setVariables({ XDG_CACHE_HOME: folder, XDG_CONFIG_HOME: folder, PATH: "/nowhere" });
    setVariables({ TEMPORAL_ADDRESS: undefined, S3_ENDPOINT: undefined });
    expect([temporal.isConfigured(), s3.isConfigured()]).toEqual([false, false]);

    setVariables({ TEMPORAL_ADDRESS: "temporal.example:7233", S3_ENDPOINT: "https://s3.example" });
    expect([temporal.isConfigured(), s3.isConfigured()]).toEqual([true, true]);
    expect([await temporal.isReady(), await s3.isReady()]).toEqual([false, false]);
  }));

test("takes the TensorFlow that CONVOY_TENSORFLOW names and refuses an unknown one", () => {
  setVariables({ CONVOY_TENSORFLOW: "gpu" });
  expect(tensorflowKind()).toBe("gpu");

  setVariables({ CONVOY_TENSORFLOW: "tpu" });
  expect(() => tensorflowKind()).toThrow('CONVOY_TENSORFLOW must be one of cpu, gpu; received "tpu".');
});

test("refuses an unknown component, naming the command with the known ones", async () => {
  await expect(install(["redis"])).rejects.toThrow("hint: node infra/local/install.mjs packages tensorflow temporal s3");
});

test("says which component failed, its last words and what mends it", () => {
  const output = `${Array.from({ length: 40 }, (_, i) => `line ${i}`).join("\n")}\n`;

  const { message } = new InstallError({ component: "S3 server", problem: "it broke.", output, mend: "try again" });

  expect(message.split("\n").slice(0, 2)).toEqual(["S3 server: it broke.", "  line 25"]);
  expect(message.endsWith("  line 39\n\nhint: try again")).toBe(true);
});
