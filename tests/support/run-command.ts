import picocolors from "picocolors";

import type { Convoy } from "../../client/types.ts";
import { runCli } from "../../cli/run-cli.ts";
import type { Services } from "../../cli/services.ts";
import type { Output, Terminal } from "../../cli/terminal.ts";

interface MemoryOutput extends Output {
  text: string;
}

interface TestTerminal extends Terminal {
  stdout: MemoryOutput;
  stderr: MemoryOutput;
  /** What Ctrl-C and a closed terminal do. */
  interrupt: (kind?: "interrupt" | "hangup") => void;
}

interface TerminalOptions {
  isTerminal?: boolean;
  columns?: number;
  color?: boolean;
  folder?: string;
}

/** A terminal in memory with a clock that stands at 2026-01-02T03:04:17Z. */
export function testTerminal({
  isTerminal = false,
  columns = 80,
  color = false,
  folder = process.cwd(),
}: TerminalOptions = {}): TestTerminal {
  const output = (): MemoryOutput => ({
    text: "",
    isTerminal,
    isLive: false,
    columns,
    colors: picocolors.createColors(color),
    stream: undefined,
    write(text) {
      this.text += text;
    },
  });
  const listeners = new Set<(kind: "interrupt" | "hangup", count: number) => void>();
  let count = 0;
  return {
    stdout: output(),
    stderr: output(),
    folder,
    now: () => Date.parse("2026-01-02T03:04:17.000Z"),
    onInterrupt(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    interrupt(kind = "interrupt") {
      count++;
      for (const listener of listeners) listener(kind, count);
    },
  };
}

const noStack = () => Promise.reject(new Error("this test has no stack"));

/** Runs one command line on fakes. */
export async function runCommand(
  argv: readonly string[],
  {
    convoy,
    services,
    terminal = testTerminal(),
  }: { convoy?: Convoy; services?: Partial<Services>; terminal?: TestTerminal } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const all: Services = {
    connect: async () => {
      if (!convoy) throw new Error("this test has no servers");
      return convoy;
    },
    openStore: noStack,
    startStack: noStack,
    stopStack: noStack,
    stackStatus: noStack,
    resetStack: noStack,
    diagnose: noStack,
    ...services,
  };
  const code = await runCli({ argv, terminal, services: all, version: "1.2.3" });
  return { code, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}
