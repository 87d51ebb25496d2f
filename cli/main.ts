import { readFileSync } from "node:fs";

import { exitCodes } from "./exit-codes.ts";
import { runCli } from "./run-cli.ts";
import { realServices } from "./real-services.ts";
import type { Terminal } from "./terminal.ts";
import { outputFor } from "./terminal.ts";

const argv = process.argv.slice(2);

/** Nobody reads any more: not an error (`convoy watch | head`). A closed terminal (EIO) must not end a detaching command. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" && stream === process.stdout) process.exit(exitCodes.done);
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
  });
}

const code = await runCli({ argv, terminal: realTerminal(), services: realServices, version: ownVersion() });
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
process.exit(code);

function realTerminal(): Terminal {
  // The one place besides environment.ts that looks at it: how to draw must be known before zod is loaded.
  const variables = process.env;
  return {
    stdout: outputFor(process.stdout, variables, argv),
    stderr: outputFor(process.stderr, variables, argv),
    folder: process.cwd(),
    now: () => Date.now(),
    onInterrupt: interruptListening(),
  };
}

function interruptListening(): Terminal["onInterrupt"] {
  const listeners = new Set<(kind: "interrupt" | "hangup", count: number) => void>();
  const counts = { interrupt: 0, hangup: 0 };
  const tell = (kind: "interrupt" | "hangup") => {
    if (listeners.size === 0) process.exit(exitCodes.interrupted);
    counts[kind]++;
    for (const listener of listeners) listener(kind, counts[kind]);
  };
  process.on("SIGINT", () => tell("interrupt"));
  for (const signal of ["SIGHUP", "SIGTERM"] as const) process.on(signal, () => tell("hangup"));
  return (listener) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
}

/** `dist/<build>/programs/`, `cli/main.ts` or an installed package: the package.json above. */
function ownVersion(): string {
  for (const above of ["../package.json", "../../package.json", "../../../package.json"]) {
    try {
      const found: unknown = JSON.parse(readFileSync(new URL(above, import.meta.url), "utf8"));
      if (isOwnPackage(found)) return found.version;
    } catch {
      // not at this depth
    }
  }
  return "unknown";
}

function isOwnPackage(value: unknown): value is { version: string } {
  return typeof value === "object" && value !== null && "name" in value && value.name === "convoy" && "version" in value;
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve();
    else stream.write("", () => resolve());
  });
}
