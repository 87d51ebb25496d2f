import { allRules } from "./all-rules.ts";
import type { CheckFacts, Finding, Rule } from "./rule.ts";
import type { CheckParameters, CheckReport, RuleResult, Severity } from "./schema.ts";

/** Examples kept of each finding. */
const exampleRows = 20;

/** Asks every rule that is not off. The report passes where no rule of severity `fail` is beyond its threshold without a waiver. */
export function runChecks(facts: CheckFacts, parameters: CheckParameters): CheckReport {
  const results = allRules
    .filter((rule) => parameters.rules[rule.name]?.severity !== "off")
    .map((rule) => askRule(rule, facts, parameters));
  return { formatVersion: 1, passed: results.every(({ status }) => status !== "failed"), results };
}

function askRule(rule: Rule, facts: CheckFacts, { rules, waive, prevalence }: CheckParameters): RuleResult {
  const settings = rules[rule.name];
  const threshold = settings?.threshold ?? rule.threshold;
  const finding = rule.find(facts, threshold);
  const common = finding.rows.length / Math.max(1, facts.dataset.rowCount) > prevalence;
  const demoted = finding.beyond && rule.aboutImages === true && common;
  const severity = demoted ? "info" : (settings?.severity ?? defaultSeverity(rule, finding));
  const waiver = waive.find((entry) => entry.rule === rule.name)?.reason ?? null;
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

function defaultSeverity({ severity, failBeyond }: Rule, { value }: Finding): Severity {
  return failBeyond !== undefined && value > failBeyond ? "fail" : severity;
}

function statusOf({ beyond }: Finding, severity: Severity, waiver: string | null): RuleResult["status"] {
  if (!beyond) return "passed";
  if (waiver !== null) return "waived";
  if (severity === "fail") return "failed";
  return severity === "warn" ? "warned" : "info";
}
