import { readFileSync } from "node:fs";

/** Clock ticks a second of /proc, the same on every Linux that Node runs on. @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const ticksPerSecond = 100;

/** Seconds of processor time that a process and its children have taken so far: steadier than the wall clock on a busy machine. */
export function processorSeconds(pid: number): { own: number; children: number } {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  return { own: secondsOf(pid), children: children.reduce((sum, child) => sum + secondsOf(child), 0) };
}

function secondsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" "); // from the third on: the name before may hold spaces
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
