import { InvalidConfiguration } from "../ml/errors.ts";

/** One mistake of a pipeline file or of a `--set` option. */
export interface Mistake {
  /** `model.2.dense`, or empty where the file as a whole is meant. */
  path: string;
  message: string;
  hint: string | null;
  /** The option as given, where the mistake is in one. */
  option: string | null;
  /** 1-based; null where the mistake is in an option. */
  line: number | null;
  column: number | null;
  /** That line of the file, and how many characters of it to underline. */
  source: string | null;
  length: number;
}

/** Functions that colour; picocolors' fit. */
interface Paint {
  red: (text: string) => string;
  bold: (text: string) => string;
  cyan: (text: string) => string;
  dim: (text: string) => string;
}

const plain: Paint = { red: String, bold: String, cyan: String, dim: String };
const shownMistakes = 20;

/** Thrown when a pipeline file is wrong, with all its mistakes at once. Permanent. */
export class PipelineFileError extends InvalidConfiguration {
  readonly file: string;
  readonly mistakes: readonly Mistake[];

  constructor(file: string, mistakes: readonly Mistake[], options?: ErrorOptions) {
    super(`${file}: ${mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`}`, options);
    this.file = file;
    this.mistakes = mistakes;
    this.message = this.render();
  }

  /** All mistakes for people, each with line, column and caret, like a compiler's. */
  render(paint: Paint = plain): string {
    const shown = this.mistakes.slice(0, shownMistakes).map((mistake) => renderMistake(this.file, mistake, paint));
    const more = this.mistakes.length - shown.length;
    return [...shown, ...(more > 0 ? [`… and ${more} more ${more === 1 ? "mistake" : "mistakes"}`] : [])].join("\n\n");
  }
}

function renderMistake(file: string, mistake: Mistake, { red, bold, cyan, dim }: Paint): string {
  const where = mistake.option === null ? "" : `--set ${mistake.option}: `;
  const title = `${red(bold("error:"))} ${bold(`${where}${mistake.path ? `${mistake.path}: ` : ""}${mistake.message}`)}`;
  const hint = mistake.hint === null ? [] : [`  ${dim("=")} ${cyan("hint:")} ${mistake.hint}`];
  if (mistake.line === null || mistake.column === null || mistake.source === null) return [title, ...hint].join("\n");
  const number = String(mistake.line);
  const margin = " ".repeat(number.length);
  const before = mistake.source.slice(0, mistake.column - 1).replaceAll(/[^\t]/g, " ");
  return [
    title,
    `${margin}${dim("-->")} ${file}:${mistake.line}:${mistake.column}`,
    `${margin} ${dim("|")}`,
    `${dim(`${number} |`)} ${mistake.source}`,
    `${margin} ${dim("|")} ${before}${red("^".repeat(mistake.length))}`,
    ...hint,
  ].join("\n");
}
