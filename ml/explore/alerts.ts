import type { Dataset } from "../ingest/schema.ts";
import type { Alert, Comparison, Exploration } from "./schema.ts";

/** A class this much rarer than the largest deserves a word. */
const imbalanceLimit = 10;
/** A property or column that alone explains so much of the class is suspicious. */
const [etaLimit, cramersLimit] = [0.3, 0.5];
/** Brighter than this share of the largest value there may be, any set of pictures has some pixel. */
const usedShare = 0.125;
/** Of two equal distributions, samples of 100 and more differ by a Kolmogorov–Smirnov distance of 0.2 once in 27 times. */
const rowsForDrift = 100;

const severities = { bad: 0, warn: 1, info: 2 } as const;

/** What a reader should know before all else, the worst first; what a rule has said already is not said again. */
export function findAlerts(found: Omit<Exploration, "alerts" | "formatVersion">, dataset: Pick<Dataset, "dtype">): Alert[] {
  const said = new Set(found.check.results.filter(({ status }) => status !== "passed").map(({ rule }) => rule));
  const alerts = [
    ...checkAlerts(found),
    ...balanceAlerts(found, said),
    ...(said.has("exact-duplicates") || said.has("contradicting-labels") ? [] : duplicateAlerts(found)),
    ...leakAlerts(found),
    ...driftAlerts(found),
    ...nullAlerts(found, said),
    ...tellingAlerts(found),
    ...rangeAlerts(found, dataset),
  ];
  return alerts.sort((a, b) => severities[a.severity] - severities[b.severity]);
}

function checkAlerts({ check }: Pick<Exploration, "check">): Alert[] {
  return check.results.flatMap(({ status, rule, message }): Alert[] => {
    if (status === "passed") return [];
    const severity = status === "failed" ? "bad" : status === "warned" ? "warn" : "info";
    return [
      {
        severity,
        message: `${rule}${status === "waived" ? " (waived)" : ""}: ${message}`,
        section: rule === "label-noise" ? "label-noise" : "checks",
      },
    ];
  });
}

function balanceAlerts(
  { balance, classes, rowCount }: Pick<Exploration, "balance" | "classes" | "rowCount">,
  said: ReadonlySet<string>,
): Alert[] {
  const alerts: Alert[] = [];
  const add = (severity: Alert["severity"], message: string) => alerts.push({ severity, message, section: "balance" });
  if (balance.imbalanceRatio > imbalanceLimit && !said.has("class-imbalance")) {
    add(
      "warn",
      `The largest class has ${balance.imbalanceRatio.toFixed(0)} times the rows of the smallest: look at balanced accuracy, not at accuracy`,
    );
  }
  for (const { part, rows, perClass } of balance.parts) {
    const missing = classes.filter((_, code) => perClass[code] === 0);
    if (rows > 0 && missing.length > 0) add("warn", `Part ${part} has no rows of ${listed(missing)}`);
  }
  if (balance.unlabeled > 0 && !said.has("missing-labels"))
    add("warn", `${balance.unlabeled} of ${rowCount} rows have no label and are not used`);
  return alerts;
}

function duplicateAlerts({ duplicates }: Pick<Exploration, "duplicates">): Alert[] {
  const { sets, rows, contradicting } = duplicates;
  if (sets === 0) return [];
  const severity = contradicting > 0 ? "bad" : "warn";
  const labels = contradicting > 0 ? `; labels contradict each other in ${contradicting}` : "";
  return [
    {
      severity,
      message: `${rows} images are identical to another, in ${sets} ${sets === 1 ? "set" : "sets"}${labels}`,
      section: "duplicates",
    },
  ];
}

function leakAlerts({ comparisons }: Pick<Exploration, "comparisons">): Alert[] {
  return comparisons
    .filter(({ verdict, measure }) => verdict === "over" && isLeak(measure))
    .map(({ name, part, against, value }) => ({
      severity: "bad",
      message: `Leak: ${part} and ${against} share ${value} ${name}`,
      section: "drift",
    }));
}

/** One for each two parts, however many columns a table has. */
function driftAlerts({ comparisons, balance }: Pick<Exploration, "comparisons" | "balance">): Alert[] {
  const measured = comparisons.filter(({ measure }) => !isLeak(measure));
  const pairs = new Set(measured.map(({ part, against }) => `${part} and ${against}`));
  return [...pairs].flatMap((pair): Alert[] => {
    const all = measured.filter(({ part, against }) => `${part} and ${against}` === pair);
    const over = all.filter(({ verdict }) => verdict === "over").toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0));
    if (over.length === 0) return [];
    const shown = over
      .slice(0, 3)
      .map(({ name, measure, value, threshold }) => `${name} (${measure} ${value?.toFixed(2)}, limit ${threshold})`);
    const smallest = balance.parts
      .filter(({ part }) => part === all[0]?.part || part === all[0]?.against)
      .toSorted((a, b) => a.rows - b.rows)[0];
    const chance =
      smallest && smallest.rows < rowsForDrift ? `. ${smallest.part} has ${smallest.rows} rows: as much may come by chance` : "";
    const message = `Drift: ${over.length} of ${all.length} measures differ between ${pair}, most ${shown.join(", ")}${chance}`;
    return [{ severity: "warn", message, section: "drift" }];
  });
}

function isLeak(measure: Comparison["measure"]): boolean {
  return measure === "shared groups" || measure === "shared images";
}

function nullAlerts({ columns, rowCount }: Pick<Exploration, "columns" | "rowCount">, said: ReadonlySet<string>): Alert[] {
  return columns.flatMap(({ name, nulls, hiddenNulls }) => {
    const missing = nulls > 0 && !said.has("missing-values") ? [`${nulls} of ${rowCount} values are missing`] : [];
    const hidden = said.has("hidden-missing-values")
      ? []
      : hiddenNulls.map(({ value, count }) => `${count} hidden nulls, written “${value}”`);
    return [...missing, ...hidden].map((what): Alert => ({
      severity: "warn",
      message: `Column ${name}: ${what}`,
      section: "columns",
    }));
  });
}

/** Columns and properties of the images that tell much about the class by themselves. */
function tellingAlerts({ columns, properties, rowCount }: Pick<Exploration, "columns" | "properties" | "rowCount">): Alert[] {
  const alerts: Alert[] = [];
  for (const { name, unique, target } of columns) {
    const isStrong = target.value !== null && target.value > (target.measure === "cramersV" ? cramersLimit : etaLimit);
    if (isStrong && unique < rowCount / 2) {
      alerts.push({
        severity: "info",
        message: `Column ${name} alone tells much about the class (${targetWords(target)})`,
        section: "columns",
      });
    }
  }
  const telling = properties.filter(({ etaSquared }) => etaSquared !== null && etaSquared > etaLimit);
  if (telling.length > 0) {
    const names = telling.map(({ name, etaSquared }) => `${name} (${(100 * (etaSquared ?? 0)).toFixed(0)} % of its variance)`);
    const message = `Classes differ in ${names.join(", ")}: a model may learn that instead of what is shown`;
    alerts.push({ severity: "info", message, section: "images" });
  }
  return alerts;
}

/** Masks of 0 and 1, and 12 bits kept in 16. */
function rangeAlerts({ pixels: { max } }: Pick<Exploration, "pixels">, { dtype }: Pick<Dataset, "dtype">): Alert[] {
  const largest = dtype === "uint16" ? 65_535 : 255;
  if (max === 0 || max >= largest * usedShare) return [];
  const message =
    `No pixel is brighter than ${max} of ${largest}, so that normalize: rescale leaves values up to ${(max / largest).toPrecision(2)} alone; ` +
    `min-max and channel use the whole range`;
  return [{ severity: "warn", message, section: "images" }];
}

function targetWords({ measure, value }: { measure: string; value: number | null }): string {
  return `${measure === "cramersV" ? "Cramér's V" : "eta²"} ${value?.toFixed(2)}`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `“${name}”`);
  return names.length > 5 ? `${shown.join(", ")} and ${names.length - 5} more classes` : shown.join(", ");
}
