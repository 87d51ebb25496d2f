import { describe, expect, test } from "vitest";

import { allRules } from "../../../ml/check/all-rules.ts";
import type { CheckFacts } from "../../../ml/check/rule.ts";
import type { RuleName, RuleResult } from "../../../ml/check/schema.ts";
import { checkParametersSchema, ruleNames } from "../../../ml/check/schema.ts";
import { runChecks } from "../../../ml/check/run-checks.ts";
import type { FactRow } from "../../support/check-facts.ts";
import { factsOf } from "../../support/check-facts.ts";

/** Twenty rows of each of two classes. */
const fine: FactRow[] = Array.from({ length: 40 }, (_, row) => ({ label: row % 2 }));

function ask(rule: RuleName, facts: CheckFacts, parameters: object = {}): RuleResult {
  return runChecks(facts, checkParametersSchema.parse(parameters)).results.find((result) => result.rule === rule)!;
}

/** The fine rows with some changed. */
function changed(changes: Record<number, FactRow>): FactRow[] {
  return fine.map((row, index) => ({ ...row, ...changes[index] }));
}

test("every rule of the schema is there, once", () => {
  expect(allRules.map(({ name }) => name).toSorted()).toEqual([...ruleNames].toSorted());
});

test("a data set without fault passes every rule", () => {
  const { passed, results } = runChecks(factsOf(fine), checkParametersSchema.parse({}));

  expect(results.filter(({ status }) => status !== "passed")).toEqual([]);
  expect(passed).toBe(true);
});

describe("the rule", () => {
  test("unreadable-files names the files and why", () => {
    const facts = factsOf(fine, { unreadable: [{ source: "a.png", reason: "cut short" }] });

    expect(ask("unreadable-files", facts)).toMatchObject({
      status: "warned",
      value: 1 / 41,
      message: "1 files could not be read: a.png (cut short)",
    });
  });

  test("missing-labels fails for a single row", () => {
    expect(ask("missing-labels", factsOf(changed({ 3: { label: -1 } })))).toMatchObject({
      status: "failed",
      value: 1,
      rows: [3],
    });
  });

  test("empty-class names the class", () => {
    const facts = factsOf(fine, { classes: ["cat", "dog", "bird"] });

    expect(ask("empty-class", facts)).toMatchObject({ status: "failed", value: 1, message: 'no row has the class "bird"' });
  });

  test("single-class fails where nothing can be told apart", () => {
    const facts = factsOf(fine.map(() => ({ label: 0 })));

    expect(ask("single-class", facts)).toMatchObject({ status: "failed", value: 1, threshold: 2 });
  });

  test("class-size fails below ten rows and takes another threshold", () => {
    const facts = factsOf([...fine, ...Array.from({ length: 9 }, () => ({ label: 2 }))], { classes: ["cat", "dog", "bird"] });

    expect(ask("class-size", facts)).toMatchObject({
      status: "failed",
      value: 9,
      message: 'classes with fewer than 10 rows: "bird" 9',
    });
    expect(ask("class-size", facts, { rules: { "class-size": { threshold: 9 } } }).status).toBe("passed");
  });

  test("class-imbalance compares the rarest class with equal classes", () => {
    const rows = Array.from({ length: 1000 }, (_, row) => ({ label: row < 30 ? 0 : 1 }));

    expect(ask("class-imbalance", factsOf(rows))).toMatchObject({ status: "warned", value: 0.06 });
  });

  test("exact-duplicates warns of one copy and fails above five percent", () => {
    const few = factsOf(changed({ 4: { sha256: "same" }, 6: { sha256: "same" } }));
    const many = factsOf(changed({ 2: { sha256: "same" }, 4: { sha256: "same" }, 6: { sha256: "same" }, 8: { sha256: "same" } }));

    expect(ask("exact-duplicates", few)).toMatchObject({ status: "warned", value: 1 / 40, rows: [4, 6] });
    expect(ask("exact-duplicates", few).message).toContain("row 4 = row 6");
    expect(ask("exact-duplicates", many)).toMatchObject({ status: "failed", severity: "fail", value: 3 / 40 });
    expect(ask("exact-duplicates", many, { rules: { "exact-duplicates": { severity: "warn" } } }).status).toBe("warned");
  });

  test("contradicting-labels fails where identical images differ in label", () => {
    const facts = factsOf(changed({ 4: { sha256: "same" }, 7: { sha256: "same" } }));

    expect(ask("contradicting-labels", facts)).toMatchObject({
      status: "failed",
      value: 1,
      message: '1 sets of identical images have different labels: row 4 is "cat", row 7 is "dog"',
    });
  });

  test("duplicates-across-parts and groups-across-parts fail where given parts share images or groups", () => {
    const parts = fine.map((row, index) => ({ ...row, part: index < 30 ? "train" : "test" }));
    const facts = factsOf(parts.map((row, i) => (i === 0 || i === 32 ? { ...row, sha256: "same", group: "patient 1" } : row)));

    expect(ask("duplicates-across-parts", facts)).toMatchObject({ status: "failed", value: 1, rows: [0, 32] });
    expect(ask("groups-across-parts", facts)).toMatchObject({ status: "failed", value: 1, rows: [0, 32] });
    expect(ask("duplicates-across-parts", factsOf(parts)).status).toBe("passed");
  });

  test.each([
    { rule: "constant-images", row: { constant: true }, value: 1 },
    { rule: "dark-images", row: { brightestShare: 0.25 }, value: 0.25 },
    { rule: "bright-images", row: { darkestShare: 0.03125 }, value: 0.03125 },
    { rule: "low-information", row: { information: 0.125 }, value: 0.125 },
    { rule: "blurry-images", row: { sharpness: 0.25 }, value: 0.25 },
  ] as const)("$rule warns of a single image", ({ rule, row, value }) => {
    expect(ask(rule, factsOf(changed({ 5: row })))).toMatchObject({ status: "warned", value, rows: [5], rowCount: 1 });
  });

  test("label-drift warns where labels differ between given parts", () => {
    const rows = Array.from({ length: 400 }, (_, row) => ({
      part: row < 200 ? "train" : "test",
      label: row < 120 || row > 370 ? 1 : 0,
    }));

    expect(ask("label-drift", factsOf(rows))).toMatchObject({ status: "warned", threshold: 0.15 });
    expect(ask("label-drift", factsOf(rows)).value).toBeGreaterThan(0.4);
  });
});

describe("rules about columns and groups", () => {
  const columns = {
    age: fine.map((_, row) => (row < 2 ? null : 30 + row)),
    sex: fine.map((_, row) => (row === 4 ? " Unknown" : row % 2 ? "male" : "female")),
    score: fine.map((_, row) => (row < 3 ? -1 : row)),
    delta: fine.map((_, row) => (row < 3 ? -1 : -row)),
  };
  const described = {
    columns: [
      { name: "age", type: "number" as const },
      { name: "sex", type: "string" as const },
      { name: "score", type: "number" as const },
      { name: "delta", type: "number" as const },
    ],
  };

  test("missing-values counts them by column, warns, and fails above five percent", () => {
    expect(ask("missing-values", factsOf(fine, described, columns))).toMatchObject({
      status: "warned",
      value: 2 / 40,
      message: "values are missing: age 2",
      rows: [0, 1],
    });
    expect(
      ask("missing-values", factsOf(fine, described, { ...columns, sex: fine.map((_, row) => (row < 3 ? null : "male")) }))
        .status,
    ).toBe("failed");
  });

  test("hidden-missing-values finds words and numbers that say nothing, but no honest negative number", () => {
    expect(ask("hidden-missing-values", factsOf(fine, described, columns))).toMatchObject({
      status: "warned",
      value: 3 / 40,
      message: 'values that say nothing: sex 1 (" Unknown"), score 3 (-1)',
      rows: [0, 1, 2, 4],
    });
  });

  test("contradicting-groups tells of groups with two labels", () => {
    const facts = factsOf(changed({ 4: { group: "g" }, 7: { group: "g" }, 8: { group: "h" }, 10: { group: "h" } }));

    expect(ask("contradicting-groups", facts)).toMatchObject({
      status: "info",
      value: 1,
      message: '1 of 2 groups with several images have different labels: "g" is cat and dog',
      rows: [4, 7],
    });
  });

  test("unused-groups names a column that looks like one, where no group is named", () => {
    const lesions = {
      lesion_id: fine.map((_, row) => `HAM_${row >> 1}`),
      name: fine.map((_, row) => `n${row}`),
      part: fine.map((_, row) => `p${row % 3}`),
    };
    const ids = { columns: Object.keys(lesions).map((name) => ({ name, type: "string" as const })) };

    expect(ask("unused-groups", factsOf(fine, ids, lesions))).toMatchObject({
      status: "warned",
      value: 1,
      message:
        'the column "lesion_id" looks like a group (20 values in 40 rows); name it as dataset.group, or rows of one value will be in train and test',
    });
    expect(ask("unused-groups", factsOf(changed({ 0: { group: "g" } }), ids, lesions)).status).toBe("passed");
  });

  test("image-drift compares image properties of given parts", () => {
    const rows = fine.map((row, i) => ({ ...row, part: i < 30 ? "train" : "test", brightestShare: i < 30 ? 0.9 : 0.5 }));

    expect(ask("image-drift", factsOf(rows))).toMatchObject({
      status: "warned",
      value: 1,
      message: "brightness of train and test differ most, by 1.000",
    });
  });
});

describe("near-duplicates", () => {
  const large = { height: 64, width: 64 };
  const hashed = (hashes: Record<number, FactRow>) => factsOf(changed(hashes), large);

  test("are hashes at most four bits apart, of different pixels", () => {
    const facts = hashed({ 0: { hash: 0n }, 1: { hash: 0b1111n }, 2: { hash: 0b11111_0000n << 40n } });

    expect(ask("near-duplicates", facts)).toMatchObject({ status: "warned", value: 2 / 40, rows: [0, 1] });
    expect(
      ask("near-duplicates", hashed({ 0: { hash: 0n, sha256: "same" }, 1: { hash: 0n, sha256: "same", label: 0 } })).status,
    ).toBe("passed");
  });

  test("are not looked for among small images, or images of one color", () => {
    expect(ask("near-duplicates", factsOf(changed({ 0: { hash: 0n }, 1: { hash: 1n } }))).status).toBe("passed");
    expect(ask("near-duplicates", hashed({ 0: { hash: 0n, constant: true }, 1: { hash: 1n } })).status).toBe("passed");
  });
});

describe("checking", () => {
  const contradicting = factsOf(changed({ 4: { sha256: "same" }, 7: { sha256: "same" } }));

  test("fails with a rule of severity fail, unless it is waived with a reason", () => {
    const waive = [{ rule: "contradicting-labels", reason: "two lesions on one picture" }];

    expect(runChecks(contradicting, checkParametersSchema.parse({})).passed).toBe(false);
    expect(runChecks(contradicting, checkParametersSchema.parse({ waive })).passed).toBe(true);
    expect(ask("contradicting-labels", contradicting, { waive })).toMatchObject({
      status: "waived",
      waiver: "two lesions on one picture",
    });
  });

  test("leaves out rules that are off", () => {
    const { passed, results } = runChecks(
      contradicting,
      checkParametersSchema.parse({ rules: { "contradicting-labels": { severity: "off" } } }),
    );

    expect(results.some(({ rule }) => rule === "contradicting-labels")).toBe(false);
    expect(passed).toBe(true);
  });

  test("demotes rules about images that flag more than a tenth, even where they were to fail", () => {
    const dark = factsOf(fine.map((row, index) => ({ ...row, brightestShare: index < 5 ? 0.1 : 0.9 })));
    const rules = { "dark-images": { severity: "fail" } };

    expect(ask("dark-images", dark, { rules })).toMatchObject({ status: "info", severity: "info", rowCount: 5 });
    expect(ask("dark-images", dark, { rules, prevalence: 0.2 }).status).toBe("failed");
  });

  test("keeps at most twenty rows as examples and counts them all", () => {
    const facts = factsOf(Array.from({ length: 400 }, (_, row) => ({ label: row % 2, constant: row < 30 })));

    const result = ask("constant-images", facts);

    expect(result.rows).toEqual(Array.from({ length: 20 }, (_, row) => row));
    expect(result.rowCount).toBe(30);
  });
});
