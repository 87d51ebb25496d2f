import type { StageLog } from "../activities/stage.ts";
import type { Call } from "./define-command.ts";

/** Tells on stderr what a trainer says: warnings and errors, under `--verbose` everything. */
export function trainerLog({ common, terminal: { stderr } }: Call): StageLog {
  const tell = (color: (text: string) => string) => (_fields: object, message: string) =>
    stderr.write(`${color("·")} ${message}\n`);
  const detail = common.verbose ? tell(stderr.colors.dim) : () => {};
  return { debug: detail, info: detail, warn: tell(stderr.colors.yellow), error: tell(stderr.colors.red) };
}
