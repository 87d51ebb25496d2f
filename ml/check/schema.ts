import { z } from "zod";

import type { ModuleReference } from "../module/schema.ts";
import { isModule, modulePathSchema, moduleSchema } from "../module/schema.ts";

export const severities = ["fail", "warn", "info", "off"] as const;
export type Severity = (typeof severities)[number];

/** The rules there are, by name; `ml/check/rules/<name>.ts` holds each. */
export const ruleNames = [
  "unreadable-files",
  "misnamed-files",
  "missing-labels",
  "empty-class",
  "single-class",
  "similar-classes",
  "class-size",
  "class-imbalance",
  "exact-duplicates",
  "contradicting-labels",
  "duplicates-across-parts",
  "groups-across-parts",
  "constant-images",
  "dark-images",
  "bright-images",
  "low-information",
  "label-drift",
  "image-drift",
  "near-duplicates",
  "contradicting-look-alikes",
  "look-alikes-across-parts",
  "blurry-images",
  "contradicting-groups",
  "missing-values",
  "hidden-missing-values",
  "unused-groups",
  "rows-without-file",
  "files-without-row",
  "column-types",
  "column-values",
  "unique-values",
  "grey-in-color",
  "turned-images",
  "odd-size",
  "odd-aspect",
  "outliers",
  "new-classes",
  "part-size",
  "column-drift",
  "category-drift",
  "domain-drift",
  "order-dependence",
  "spurious-correlation",
  "predictive-identifier",
  "label-noise",
] as const;
export type RuleName = (typeof ruleNames)[number];

const ruleSettingsSchema = z.strictObject({
  severity: z.enum(severities).optional().describe("fail stops the run; warn and info are reported; off skips the rule"),
  threshold: z
    .number()
    .optional()
    .describe("the largest (or smallest) value that the rule accepts; docs/checks.md says what it means for each rule"),
});

/** What is expected of a column of the table, by the name it has there. */
const columnExpectationSchema = z.strictObject({
  type: z.enum(["number", "string"]).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  values: z
    .array(z.union([z.string(), z.number()]))
    .min(1)
    .optional(),
  pattern: z.string().refine(isExpression, "no regular expression").optional(),
  unique: z.boolean().optional(),
});
export type ColumnExpectation = z.infer<typeof columnExpectationSchema>;

function isExpression(pattern: string): boolean {
  try {
    return new RegExp(pattern, "u") instanceof RegExp;
  } catch {
    return false; // that is the answer
  }
}

const settingsByRuleSchema = z
  .partialRecord(z.enum(ruleNames), ruleSettingsSchema)
  .refine((rules) => rules["label-noise"]?.severity !== "fail", "label-noise suggests; it cannot fail");

export const checkParametersSchema = z.strictObject({
  rules: z
    .union([settingsByRuleSchema, z.array(z.union([moduleSchema, settingsByRuleSchema]))])
    .default({})
    .describe("settings by rule name; or a list of these and of rules of your own: [./my-rule.ts, dark-images: {severity: off}]"),
  waive: z
    .array(
      z.strictObject({
        rule: z
          .union([z.enum(ruleNames), modulePathSchema])
          .describe("its name, or the path of one of your own as in check.rules"),
        reason: z.string().min(1),
      }),
    )
    .default([])
    .describe("rules that may fail, each with a reason, which is recorded and shown"),
  columns: z
    .record(z.string().min(1), columnExpectationSchema)
    .optional()
    .describe(
      "what is expected of the table's columns: type, min, max, values (all there may be), pattern (of the whole value), unique",
    ),
  labelNoise: z
    .boolean()
    .default(false)
    .describe(
      "look for wrong labels with the rule label-noise: trains a cheap model and lists suggestions in explore's report; never stops a run",
    ),
  /** Image rules that flag more than this share of rows are demoted to info: MNIST is all dark. */
  prevalence: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("image rules that flag a larger share of the images are demoted to info"),
});
export type CheckParameters = z.infer<typeof checkParametersSchema>;
/** What the check itself reads of it. */
export type GateParameters = Omit<CheckParameters, "labelNoise">;

export type RuleSettings = z.infer<typeof settingsByRuleSchema>;

/** Settings of convoy's rules; where several name the same rule, the last counts. */
export function ruleSettings({ rules }: Pick<CheckParameters, "rules">): RuleSettings {
  if (!Array.isArray(rules)) return rules;
  return Object.assign({}, ...rules.filter((entry) => !isModule(entry))) as RuleSettings;
}

/** The same rules with some set otherwise. */
export function withRuleSettings(parameters: CheckParameters, changes: RuleSettings): CheckParameters {
  const { rules } = parameters;
  return { ...parameters, rules: Array.isArray(rules) ? [...rules, changes] : { ...rules, ...changes } };
}

/** The user's own rules, in their order. */
export function ownRules({ rules }: Pick<CheckParameters, "rules">): ModuleReference[] {
  return Array.isArray(rules) ? rules.filter((entry) => isModule(entry)) : [];
}

/** The result of one rule. `value` is compared with `threshold`; `rows` are examples, at most 20. */
export const ruleResultSchema = z.strictObject({
  /** One of `ruleNames`, or the name that a rule of the user's own has. */
  rule: z.string(),
  severity: z.enum(severities),
  status: z.enum(["passed", "failed", "warned", "info", "waived"]),
  value: z.number(),
  threshold: z.number(),
  /** What was found, in one sentence. */
  message: z.string(),
  /** How many rows are concerned, and the first of them. */
  rowCount: z.int().nonnegative(),
  rows: z.array(z.int()).max(20),
  waiver: z.string().nullable(),
});
export type RuleResult = z.infer<typeof ruleResultSchema>;

export const checkReportSchema = z.strictObject({
  formatVersion: z.literal(1),
  passed: z.boolean(),
  results: z.array(ruleResultSchema),
});
export type CheckReport = z.infer<typeof checkReportSchema>;
