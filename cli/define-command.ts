import type { Services } from "./services.ts";
import type { Terminal } from "./terminal.ts";

/** What Tab offers for an argument or an option's value. */
export type Completes = "run" | "pipeline" | "file" | "setting";

export interface ArgumentSpec {
  readonly description: string;
  readonly required: boolean;
  readonly completes?: Completes;
  readonly choices?: readonly string[];
  /** Takes all words that are left; only the last argument may. */
  readonly variadic?: true;
}

/** `flags` as commander has them: `-f, --follow` or `--stage <name>`. */
export interface OptionSpec {
  readonly flags: string;
  readonly description: string;
  /** switch: present or not; text: one value; count: a whole number from 1 on; list: may be repeated. */
  readonly kind: "switch" | "text" | "count" | "list";
  readonly choices?: readonly string[];
  readonly default?: string | number;
  readonly completes?: Completes;
}

export type ArgumentSpecs = Readonly<Record<string, ArgumentSpec>>;
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** Options every command takes. */
export interface CommonOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly profile: string | undefined;
}

/** Everything one use of a command is given. */
export interface Call<A = object, O = object> {
  readonly arguments: A;
  readonly options: O;
  readonly common: CommonOptions;
  readonly terminal: Terminal;
  readonly services: Services;
}

export type ArgumentValues<A extends ArgumentSpecs> = {
  readonly [K in keyof A]: A[K] extends { readonly variadic: true }
    ? readonly string[]
    : A[K] extends { readonly required: true }
      ? string
      : string | undefined;
};

type OptionValue<S extends OptionSpec> = S["kind"] extends "switch"
  ? boolean
  : S["kind"] extends "list"
    ? readonly string[]
    : S extends { readonly default: infer D extends string | number }
      ? D extends number
        ? number
        : string
      : S["kind"] extends "count"
        ? number | undefined
        : S extends { readonly choices: readonly (infer C)[] }
          ? C | undefined
          : string | undefined;

export type OptionValues<O extends OptionSpecs> = { readonly [K in keyof O]: OptionValue<O[K]> };

interface Definition<A extends ArgumentSpecs, O extends OptionSpecs> {
  /** One word, or two where commands belong together: `schedule create`. */
  readonly name: string;
  /** Half a line, for the list of commands. */
  readonly summary: string;
  /** What else one must know, after the summary. */
  readonly details?: string;
  /** In order; an optional one may not stand before a required one. */
  readonly arguments: A;
  readonly options: O;
  readonly examples: readonly { readonly line: string; readonly says: string }[];
  /** What `--json` prints, in one line. */
  readonly json: string;
  /** Imported only when the command is used, so that `--help` stays quick. Resolves to the exit code. */
  readonly load: () => Promise<(call: Call<ArgumentValues<A>, OptionValues<O>>) => Promise<number>>;
}

/** One line of the table that help, parsing, completion and the documentation are made of. */
export type CommandSpec = Omit<Definition<ArgumentSpecs, OptionSpecs>, "load"> & {
  readonly load: () => Promise<(call: Call<never, never>) => Promise<number>>;
};

/** Checks that a command's function takes what its options and arguments give. */
export function defineCommand<const A extends ArgumentSpecs, const O extends OptionSpecs>(
  definition: Definition<A, O>,
): CommandSpec {
  return definition;
}

/** The command that a line of words names, and what stands behind its name. */
export function findCommand(
  commands: readonly CommandSpec[],
  words: readonly string[],
): { spec: CommandSpec; after: readonly string[] } | undefined {
  const found = commands.flatMap((spec) => {
    const name = spec.name.split(" ");
    const at = words.findIndex((_, index) => name.every((part, offset) => words[index + offset] === part));
    return at < 0 ? [] : [{ spec, at, after: words.slice(at + name.length) }];
  });
  // `sweep show` is meant where both `sweep` and `sweep show` are commands.
  return found.toSorted((a, b) => a.at - b.at || b.spec.name.length - a.spec.name.length)[0];
}
