import { allRules } from "./all-rules.ts";
import type { CheckFacts, Finding, Rule } from "./rule.ts";
import type { CheckReport, GateParameters, RuleResult, Severity } from "./schema.ts";
import { ruleSettings } from "./schema.ts";

/** What a rule of the user's own found. */
export interface OwnFinding {
  /** As the pipeline file names the module. */
  file: string;
  name: string;
  severity: Severity;
  threshold: number;
  finding: Finding;
}

/** Examples kept of each finding. */
const exampleRows = 20;

/** Asks every rule that is not off and can be asked of these facts. The report passes where no rule of severity `fail` is beyond its threshold without a waiver. Yields after each rule. */
export function* runChecks(
  facts: CheckFacts,
  parameters: GateParameters,
  own: readonly OwnFinding[] = [],
): Generator<void, CheckReport> {
  const settings = ruleSettings(parameters);
  const askable = allRules.filter((rule) => (rule.needsOutOfFold ?? false) === (facts.outOfFold !== undefined));
  const results: RuleResult[] = [];
  for (const rule of askable) {
    const { severity, threshold = rule.threshold } = settings[rule.name] ?? {};
    if (severity === "off") continue;
    results.push(judge({ ...rule, threshold }, rule.find(facts, threshold), { facts, parameters, severity }));
    yield;
  }
  for (const { finding, ...rule } of own) results.push(judge(rule, finding, { facts, parameters, severity: rule.severity }));
  return { formatVersion: 1, passed: results.every(({ status }) => status !== "failed"), results };
}

type Judged = Pick<Rule, "severity" | "threshold" | "failBeyond" | "aboutImages"> & { name: string; file?: string };

function judge(
  rule: Judged,
  finding: Finding,
  { facts, parameters, severity: set }: { facts: CheckFacts; parameters: GateParameters; severity: Severity | undefined },
): RuleResult {
  const common = finding.rows.length / Math.max(1, facts.dataset.rowCount) > parameters.prevalence;
  const demoted = finding.beyond && rule.aboutImages === true && common;
  const { severity, threshold } = demoted ? { ...rule, severity: "info" as const } : strictest(rule, finding, set);
  const waiver = parameters.waive.find((entry) => entry.rule === (rule.file ?? rule.name))?.reason ?? null;
  return {
    rule: rule.name,
    severity,
    status: statusOf(finding, severity, waiver),
    value: finding.value,
    threshold,
    message: demoted ? `${finding.message}; so common that it is how this set looks` : finding.message,
    rowCount: finding.rows.length,
    rows: finding.rows.slice(0, exampleRows),
    waiver,
  };
}

/** A rule that only warns fails beyond a second limit, which is then the threshold that counts. */
function strictest(
  { severity, threshold, failBeyond = Infinity }: Pick<Rule, "severity" | "threshold" | "failBeyond">,
  { value }: Finding,
  set: Severity | undefined,
): Pick<Rule, "severity" | "threshold"> {
  if (set !== undefined || value <= failBeyond) return { severity: set ?? severity, threshold };
  return { severity: "fail", threshold: Math.max(threshold, failBeyond) };
}

function statusOf({ beyond }: Finding, severity: Severity, waiver: string | null): RuleResult["status"] {
  if (!beyond) return "passed";
  if (waiver !== null) return "waived";
  if (severity === "fail") return "failed";
  return severity === "warn" ? "warned" : "info";
}
