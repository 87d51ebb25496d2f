import picocolors from "picocolors";

/** picocolors' set of functions; each returns its text unchanged where colour is off. */
export type Colors = ReturnType<typeof picocolors.createColors>;

/** The variables that say how to draw; handed in, so that nothing here reads the environment. */
export interface TerminalVariables {
  readonly [name: string]: string | undefined;
}

/** One stream to write to. Data goes to `stdout`, everything else to `stderr`. */
export interface Output {
  write(text: string): void;
  /** Whether a person looks at it as it is drawn: a terminal, neither dumb nor a CI system's log. */
  readonly isLive: boolean;
  /** Whether it is a terminal at all; where not, text is made for programs. */
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly colors: Colors;
  /** The stream beneath, for drawing in place. */
  readonly stream: NodeJS.WriteStream | undefined;
}

/** Where a command reads and writes; tests hand in their own. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly folder: string;
  readonly now: () => number;
  /**
   * Calls `listener` at each Ctrl-C, with how often it came since; while nobody listens, Ctrl-C ends the program.
   * A closed terminal and SIGTERM come as `hangup`.
   * @returns stops listening
   */
  readonly onInterrupt: (listener: (kind: "interrupt" | "hangup", count: number) => void) => () => void;
}

/**
 * Whether to colour one stream: `NO_COLOR` before `--no-color` before `FORCE_COLOR` and `CLICOLOR_FORCE` before what the stream is.
 * picocolors' own rule colours pipes where `CI` is set, and looks at stdout alone.
 *
 * @see https://no-color.org
 */
export function wantsColor(isTerminal: boolean, variables: TerminalVariables, argv: readonly string[]): boolean {
  if (variables["NO_COLOR"]) return false;
  const own = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  if (own.includes("--no-color")) return false;
  const forced = [variables["FORCE_COLOR"], variables["CLICOLOR_FORCE"]].find((value) => value !== undefined && value !== "");
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return isTerminal && variables["TERM"] !== "dumb";
}

/** Wraps a process stream. @param argv is looked through for `--no-color` */
export function outputFor(stream: NodeJS.WriteStream, variables: TerminalVariables, argv: readonly string[]): Output {
  const isTerminal = "isTTY" in stream && stream.isTTY;
  const isQuietLog = variables["TERM"] === "dumb" || Boolean(variables["NO_COLOR"]) || isTrue(variables["CI"]);
  return {
    write: (text) => void stream.write(isTerminal ? withoutCommands(text) : text),
    isTerminal,
    isLive: isTerminal && !isQuietLog,
    get columns() {
      return stream.columns ?? (Number(variables["COLUMNS"]) || 80);
    },
    colors: picocolors.createColors(wantsColor(isTerminal, variables, argv)),
    stream,
  };
}

/**
 * Without control characters but line breaks, tabs, colors and the erasing of a line: names of files and classes, which may hold others, must
 * not command a terminal.
 */
export function withoutCommands(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/(\u001B\[(?:[0-9;]*m|2K)|[\n\r\t])|\p{Cc}/gu, (_, kept: string | undefined) => kept ?? "\uFFFD");
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}
