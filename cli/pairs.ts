import type { Terminal } from "./terminal.ts";

/** Names and what they stand for, a line each, in two columns. */
export function printPairs({ stdout }: Terminal, pairs: readonly (readonly [string, string])[], indent = ""): void {
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  for (const [name, text] of pairs) stdout.write(`${indent}${stdout.colors.dim(name.padEnd(width))}  ${text}\n`);
}
