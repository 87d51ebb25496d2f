import { InvalidConfiguration } from "../errors.ts";

/** What a condition is asked of: names may lead into it by dots, `metrics.test.accuracy`. */
export type Fields = Readonly<Record<string, unknown>>;
export type Condition = (fields: Fields) => boolean;

type Value = number | string | boolean | null;

const comparisons = ["<=", ">=", "!=", "==", "=", "<", ">", "~"] as const;
type Comparison = (typeof comparisons)[number];

interface Token {
  text: string;
  /** 1 for the first character. */
  column: number;
  kind: "word" | "quoted" | "operator" | "end";
}

const tokenPattern = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(<=|>=|!=|==|[=<>~()])|([^\s()<>=!~"']+))/y;

/**
 * Reads a condition over fields: `metrics.test.accuracy > 0.9 and (pipeline = mnist or tags.site = "B")`. Comparisons are `= != < <= > >=`
 * and `~` (holds the text, whatever the case); they bind closer than `not`, that than `and`, that than `or`. Numbers are compared as
 * numbers, everything else as text, so ISO times compare by time. Nothing is true of a field that is absent, except `= null`.
 *
 * @throws {InvalidConfiguration} naming the place where it cannot be read, or a field that `isKnown` does not know
 */
export function parseWhere(text: string, isKnown: (name: string) => string | true = () => true): Condition {
  const parser = new WhereParser(text, isKnown);
  return parser.whole();
}

class WhereParser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #isKnown: (name: string) => string | true;
  #at = 0;

  constructor(text: string, isKnown: (name: string) => string | true) {
    this.#text = text;
    this.#isKnown = isKnown;
    this.#tokens = this.#tokenize();
  }

  whole(): Condition {
    const condition = this.#either();
    const token = this.#next();
    if (token.kind !== "end") throw this.#unexpected(token, "`and`, `or` or the end");
    return condition;
  }

  #either(): Condition {
    const parts = [this.#both()];
    while (this.#takeWord("or")) parts.push(this.#both());
    return (fields) => parts.some((part) => part(fields));
  }

  #both(): Condition {
    const parts = [this.#negated()];
    while (this.#takeWord("and")) parts.push(this.#negated());
    return (fields) => parts.every((part) => part(fields));
  }

  #negated(): Condition {
    if (this.#takeWord("not")) {
      const denied = this.#negated();
      return (fields) => !denied(fields);
    }
    if (!this.#takeOperator("(")) return this.#comparison();
    const inner = this.#either();
    if (!this.#takeOperator(")")) throw this.#unexpected(this.#next(), "`)`");
    return inner;
  }

  #comparison(): Condition {
    const field = this.#next();
    if (field.kind !== "word") throw this.#unexpected(field, "a field, like metrics.test.accuracy");
    const known = this.#isKnown(field.text);
    if (known !== true) throw this.#problem(field, known);
    const operator = this.#next();
    if (!isComparison(operator.text)) throw this.#unexpected(operator, `one of ${comparisons.join(" ")}`);
    const given = this.#next();
    if (given.kind !== "word" && given.kind !== "quoted") throw this.#unexpected(given, "a value");
    const value = given.kind === "quoted" ? given.text : plainValue(given.text);
    const path = field.text.split(".");
    const holds = comparisonOf(operator.text, value);
    return (fields) => holds(valueAt(fields, path));
  }

  #next(): Token {
    const token = this.#tokens[this.#at] ?? { text: "", column: this.#text.length + 1, kind: "end" as const };
    this.#at++;
    return token;
  }

  #takeWord(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "word" || token.text.toLowerCase() !== word) return false;
    this.#at++;
    return true;
  }

  #takeOperator(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "operator" || token.text !== text) return false;
    this.#at++;
    return true;
  }

  #tokenize(): Token[] {
    const tokens: Token[] = [];
    tokenPattern.lastIndex = 0;
    while (this.#text.slice(tokenPattern.lastIndex).trim() !== "") {
      const start = tokenPattern.lastIndex;
      const found = tokenPattern.exec(this.#text);
      if (!found)
        throw this.#problem({ column: start + 1 }, `cannot be read from ${JSON.stringify(this.#text.slice(start, start + 10))}`);
      const [all, double, single, operator, word] = found;
      const column = start + 1 + (all.length - all.trimStart().length);
      const quoted = double ?? single;
      if (quoted !== undefined) tokens.push({ text: quoted.replaceAll(/\\(.)/g, "$1"), column, kind: "quoted" });
      else if (operator !== undefined) tokens.push({ text: operator, column, kind: "operator" });
      else tokens.push({ text: word ?? "", column, kind: "word" });
    }
    return tokens;
  }

  #unexpected(token: Token, wanted: string): InvalidConfiguration {
    const received = token.kind === "end" ? "it ends" : `received ${JSON.stringify(token.text)}`;
    return this.#problem(token, `expected ${wanted}; ${received}`);
  }

  #problem({ column }: Pick<Token, "column">, what: string): InvalidConfiguration {
    return new InvalidConfiguration(`The condition ${JSON.stringify(this.#text)}, character ${column}: ${what}`);
  }
}

function isComparison(text: string): text is Comparison {
  return (comparisons as readonly string[]).includes(text);
}

function plainValue(word: string): Value {
  if (word === "null") return null;
  if (word === "true" || word === "false") return word === "true";
  const number = Number(word);
  return Number.isNaN(number) ? word : number;
}

function valueAt(fields: Fields, path: readonly string[]): unknown {
  let value: unknown = fields;
  for (const name of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return null;
    value = (value as Fields)[name];
  }
  return value ?? null;
}

function comparisonOf(operator: Comparison, wanted: Value): (value: unknown) => boolean {
  if (wanted === null)
    return operator === "!=" ? (value) => value !== null : (value) => operator.startsWith("=") && value === null;
  return (value) => value !== null && typeof value !== "object" && compare(operator, value as Value, wanted);
}

function compare(operator: Comparison, value: Value, wanted: Value): boolean {
  if (operator === "~") return String(value).toLowerCase().includes(String(wanted).toLowerCase());
  const [a, b] = typeof value === "number" && typeof wanted === "number" ? [value, wanted] : [String(value), String(wanted)];
  if (operator === "=" || operator === "==") return a === b;
  if (operator === "!=") return a !== b;
  if (operator === "<") return a < b;
  if (operator === "<=") return a <= b;
  return operator === ">" ? a > b : a >= b;
}
