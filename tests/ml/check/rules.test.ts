import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { allRules } from "../../../ml/check/all-rules.ts";
import type { CheckFacts } from "../../../ml/check/rule.ts";
import type { RuleName, RuleResult } from "../../../ml/check/schema.ts";
import { checkParametersSchema, ruleNames } from "../../../ml/check/schema.ts";
import { runChecks } from "../../../ml/check/run-checks.ts";
import type { FactRow } from "../../support/check-facts.ts";
import { factsOf } from "../../support/check-facts.ts";
import { takeSteps } from "../../support/take-steps.ts";
import { randomStream } from "../../../ml/random.ts";

/** Twenty rows of each of two classes. */
const fine: FactRow[] = Array.from({ length: 40 }, (_, row) => ({ label: row % 2 }));

function ask(rule: RuleName, facts: CheckFacts, parameters: object = {}): RuleResult {
  return takeSteps(runChecks(facts, checkParametersSchema.parse(parameters))).results.find((result) => result.rule === rule)!;
}

/** The fine rows with some changed. */
function changed(changes: Record<number, FactRow>): FactRow[] {
  return fine.map((row, index) => ({ ...row, ...changes[index] }));
}

test("every rule of the schema is there, once", () => {
  expect(allRules.map(({ name }) => name).toSorted()).toEqual([...ruleNames].toSorted());
});

test("docs/checks.md tells each rule's severity and threshold, in the order of reports", () => {
  const page = readFileSync(new URL("../../../docs/checks.md", import.meta.url), "utf8");
  const told = [...page.matchAll(/^\| `([a-z-]+)` \| (\w+) \| ([\d.]+) \|/gm)].map(([, ...cells]) => cells);

  expect(told).toEqual(allRules.map(({ name, severity, threshold }) => [name, severity, String(threshold)]));
});

test("a data set without fault passes every rule", () => {
  const { passed, results } = takeSteps(runChecks(factsOf(fine), checkParametersSchema.parse({})));

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

  test("misnamed-files names the files and what they are", () => {
    expect(ask("misnamed-files", factsOf(changed({ 3: { id: "a.jpg", misnamed: "PNG" } })))).toMatchObject({
      status: "warned",
      value: 1,
      rows: [3],
      message: "1 files are of another kind than their names say: a.jpg (PNG)",
    });
    expect(ask("misnamed-files", factsOf(fine)).status).toBe("passed");
  });

  test("turned-images tells of EXIF orientations other than upright, and warns of none", () => {
    expect(ask("turned-images", factsOf(changed({ 3: { orientation: 6 }, 5: { orientation: 3 } })))).toMatchObject({
      status: "info",
      value: 2,
      rows: [3, 5],
      message: "2 images are turned upright by their EXIF orientation: row 3 (6), row 5 (3)",
    });
    expect(ask("turned-images", factsOf(fine)).status).toBe("passed");
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

  test.each([
    {
      classes: ["Cat", "cat ", "cat.", "dog"],
      value: 2,
      message: 'classes that may be one by their names: "Cat" = "cat " = "cat."',
    },
    {
      classes: ["caf\u00e9", "cafe\u0301"],
      value: 1,
      message: 'classes that may be one by their names: "caf\u00e9" = "cafe\u0301"',
    },
    { classes: ["+", "-", "1-5", "15", "c", "c#"], value: 0, message: "no two classes have nearly the same name" },
  ])("similar-classes finds $value among $classes", ({ classes, value, message }) => {
    expect(ask("similar-classes", factsOf(fine, { classes }))).toMatchObject({
      status: value > 0 ? "warned" : "passed",
      value,
      message,
    });
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
    const unlabeled = changed({ 4: { sha256: "same" }, 7: { sha256: "same", label: -1 } });
    expect(ask("contradicting-labels", factsOf(unlabeled)).status).toBe("passed");
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
      ask("missing-values", factsOf(fine, described, { ...columns, sex: fine.map((_, row) => (row < 3 ? null : "male")) })),
    ).toMatchObject({ status: "failed", value: 3 / 40, threshold: 0.05 });
  });

  test("hidden-missing-values finds words and numbers that say nothing, but no honest negative number", () => {
    expect(ask("hidden-missing-values", factsOf(fine, described, columns))).toMatchObject({
      status: "warned",
      value: 3 / 40,
      message: 'values that say nothing: sex 1 (" Unknown"), score 3 (-1)',
      rows: [0, 1, 2, 4],
    });
  });

  test("hidden-missing-values finds classes and groups of such names, too", () => {
    const rows = changed({ 4: { group: "unknown" }, 7: { group: "unknown", label: 2 }, 8: { group: "P1" } });

    expect(ask("hidden-missing-values", factsOf(rows, { classes: ["cat", "dog", "nan"] }))).toMatchObject({
      status: "warned",
      value: 2 / 40,
      message: 'values that say nothing: class 1 ("nan"), group 2 ("unknown")',
      rows: [4, 7],
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
    const numbers = { columns: ["patient_id", "weight"].map((name) => ({ name, type: "number" as const })) };
    const halves = fine.map((_, row) => row >> 1);
    expect(ask("unused-groups", factsOf(fine, numbers, { patient_id: halves, weight: halves }))).toMatchObject({ value: 1 });
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

  test("contradict each other where labels differ", () => {
    const alike = { 0: { hash: 0n }, 1: { hash: 1n, label: 1 }, 2: { hash: 0b11111n << 40n, label: 0 } };

    expect(ask("contradicting-look-alikes", hashed(alike))).toMatchObject({
      status: "warned",
      value: 1,
      message: '1 pairs of images look alike and have different labels: row 0 is "cat", row 1 is "dog"',
      rows: [0, 1],
    });
    expect(ask("contradicting-look-alikes", hashed({ ...alike, 1: { hash: 1n, label: -1 } })).status).toBe("passed");
  });

  test("across given parts are counted by share of the part, however many share a hash", () => {
    const part = (row: number) => (row < 20 ? "train" : "test");
    const far = BigInt.asUintN(64, -1n);
    const given = (hashes: Record<number, bigint>) =>
      factsOf(
        fine.map((row, i) => ({ ...row, part: part(i), ...(hashes[i] === undefined ? {} : { hash: hashes[i] }) })),
        large,
      );

    const facts = given({ 1: far, 20: far ^ 7n, 21: far ^ 7n, 22: far, 23: far });
    expect(ask("look-alikes-across-parts", facts)).toMatchObject({ status: "warned", value: 4 / 20, rows: [20, 21, 22, 23] });
    expect(ask("look-alikes-across-parts", facts).message).toContain(
      "4 of 20 images of test look like one of train: row 20 ~ row 1",
    );
    expect(ask("look-alikes-across-parts", given({ 20: far, 21: far ^ 1n })).status).toBe("passed");
    expect(ask("look-alikes-across-parts", factsOf(fine, large)).status).toBe("passed");
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

    expect(takeSteps(runChecks(contradicting, checkParametersSchema.parse({}))).passed).toBe(false);
    expect(takeSteps(runChecks(contradicting, checkParametersSchema.parse({ waive }))).passed).toBe(true);
    expect(ask("contradicting-labels", contradicting, { waive })).toMatchObject({
      status: "waived",
      waiver: "two lesions on one picture",
    });
  });

  test("leaves out rules that are off", () => {
    const off = checkParametersSchema.parse({ rules: { "contradicting-labels": { severity: "off" } } });

    const { passed, results } = takeSteps(runChecks(contradicting, off));

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

describe("rules about tables", () => {
  const columns = {
    age: fine.map((_, row) => (row === 3 ? 130 : row === 4 ? null : row)),
    sex: fine.map((_, row) => (row === 5 ? "mail" : row % 2 ? "male" : "female")),
    site: fine.map((_, row) => (row === 6 ? "x" : String(row))),
  };
  const described = {
    columns: [
      { name: "age", type: "number" as const },
      { name: "sex", type: "string" as const },
      { name: "site", type: "string" as const },
    ],
  };
  const asking = (expected: object) => factsOf(fine, described, columns, { key: "image_id", ...expected });

  test("column-types counts values of another type and columns that are not there", () => {
    const facts = asking({ columns: { site: { type: "number" }, age: { type: "number" }, weight: { type: "number" } } });

    expect(ask("column-types", facts)).toMatchObject({
      status: "failed",
      value: 2,
      message: 'site: numbers were expected, received "x"; there is no column "weight"',
      rows: [6],
    });
  });

  test("column-values holds ranges, lists and patterns, the key's column too, and names every value that breaks them", () => {
    const facts = asking({
      columns: {
        age: { min: 0, max: 120 },
        sex: { values: ["male", "female"] },
        image_id: { pattern: "row \\d" },
      },
    });

    const result = ask("column-values", facts);

    expect(result).toMatchObject({ status: "failed", value: 32 });
    expect(result.message).toMatch(
      /age: 0 to 120 was expected, received 130; sex: one of male, female was expected, received "mail"; image_id/,
    );
    expect(result.rows.slice(0, 2)).toEqual([3, 5]);
    expect(ask("column-values", asking({})).status).toBe("passed");
  });

  test("unique-values finds what repeats where it must not", () => {
    expect(ask("unique-values", asking({ columns: { site: { unique: true } } })).status).toBe("passed");
    expect(ask("unique-values", asking({ columns: { sex: { unique: true } } }))).toMatchObject({ status: "failed", value: 37 });
  });

  test("a pattern that is none is refused when the file is read", () => {
    expect(() => checkParametersSchema.parse({ columns: { site: { pattern: "(" } } })).toThrow(/no regular expression/);
  });

  test("rows-without-file and files-without-row tell the two directions apart, and neither counts as unreadable", () => {
    const facts = factsOf(fine, {
      unreadable: [
        { source: "a", reason: "r", cause: "no-file" },
        { source: "b.jpg", reason: "r", cause: "no-row" },
        { source: "c.jpg", reason: "r", cause: "no-row" },
      ],
    });

    expect(ask("rows-without-file", facts)).toMatchObject({
      status: "failed",
      value: 1,
      message: '1 rows of the table have no image: "a"',
    });
    expect(ask("files-without-row", facts)).toMatchObject({ status: "failed", value: 2 });
    expect(ask("unreadable-files", facts).status).toBe("passed");
  });

  test("column-drift and new-classes compare given parts", () => {
    const rows = fine.map((row, i) => ({ ...row, part: i < 20 ? "train" : "test", label: i < 20 ? 0 : i % 2 }));
    const facts = factsOf(rows, described, columns);

    expect(ask("column-drift", facts)).toMatchObject({
      status: "warned",
      value: 18 / 19,
      message: "age of train and test differ most, by 0.947",
    });
    expect(ask("new-classes", facts)).toMatchObject({
      status: "warned",
      value: 1,
      message: 'classes that the given train part lacks: "dog"',
    });
    expect(ask("new-classes", factsOf(fine)).status).toBe("passed");
  });

  test("predictive-identifier warns where neighbors by key share their class, unless they are of one group", () => {
    const inOrder = fine.map((_, row) => ({ label: row < 20 ? 0 : 1 }));

    expect(ask("predictive-identifier", factsOf(inOrder, {}, {}, { key: "id" }))).toMatchObject({ status: "warned" });
    expect(ask("predictive-identifier", factsOf(inOrder)).status).toBe("passed");
    const grouped = inOrder.map((row) => ({ ...row, group: `g${row.label}` }));
    expect(ask("predictive-identifier", factsOf(grouped, {}, {}, { key: "id" })).status).toBe("passed");
  });
});

describe("rules about pictures among others", () => {
  test("odd-size and odd-aspect go by the files' own sizes, the oddest first", () => {
    const rows = changed({ 2: { size: [1000, 1000] }, 3: { size: [4000, 4000] }, 4: { size: [10, 80] } });

    expect(ask("odd-size", factsOf(rows))).toMatchObject({ status: "warned", rows: [3, 2] });
    expect(ask("odd-size", factsOf(rows)).message).toContain("4000×4000, 1000×1000");
    expect(ask("odd-aspect", factsOf(rows))).toMatchObject({ status: "warned", value: 0.125, rows: [4] });
    expect(ask("odd-size", factsOf(fine)).status).toBe("passed");
  });

  test("grey-in-color finds grey pictures among colored ones, and leaves a set alone that is all grey", () => {
    const rows = changed({ 7: { grey: true } });

    expect(ask("grey-in-color", factsOf(rows, { channels: 3 }))).toMatchObject({ status: "warned", rows: [7] });
    expect(
      ask(
        "grey-in-color",
        factsOf(
          fine.map(() => ({ grey: true })),
          { channels: 3 },
        ),
      ).status,
    ).toBe("passed");
  });

  test("outliers names the picture that is farthest from all others", () => {
    const rows = fine.map((row, i) => ({ ...row, shade: i === 9 ? 250 : 90 + (i % 5) }));

    expect(ask("outliers", factsOf(rows))).toMatchObject({ status: "info", rows: [9] });
  });

  test("order-dependence finds series: look-alikes that follow each other", () => {
    const shades = Array.from({ length: 200 }, (_, row) => ({ label: row % 2, shade: 10 + Math.floor(row / 10) * 12 }));
    const random = randomStream(1, "shade");
    const mixed = shades.map((row) => ({ ...row, shade: 10 + Math.floor(20 * random()) * 12 }));

    expect(ask("order-dependence", factsOf(shades))).toMatchObject({ status: "warned" });
    expect(ask("order-dependence", factsOf(shades)).message).toContain("name dataset.group");
    expect(ask("order-dependence", factsOf(mixed)).status).toBe("passed");
  });

  test("category-drift tells which words a given part has more of, by the Jensen–Shannon distance", () => {
    const rows = Array.from({ length: 40 }, (_, row) => ({ label: row % 2, part: row < 20 ? "train" : "test" }));
    const columns = [{ name: "site", type: "string" as const }];
    const sites = (word: string) => ({ site: rows.map(({ part }, row) => (part === "test" && row % 2 === 0 ? word : "a")) });

    expect(ask("category-drift", factsOf(rows, { columns }, sites("b")))).toMatchObject({ status: "warned" });
    expect(ask("category-drift", factsOf(rows, { columns }, sites("b"))).message).toContain("site of train and test");
    expect(ask("category-drift", factsOf(rows, { columns }, sites("a")))).toMatchObject({ status: "passed", value: 0 });
  });

  describe("domain-drift", () => {
    const random = randomStream(1, "domain drift");
    const rows = (brighter: number, shape: Partial<FactRow> = {}) =>
      Array.from({ length: 400 }, (_, row) => ({
        label: row % 2,
        part: row < 250 ? "train" : "test",
        brightestShare: 0.5 + random() / 4 + (row < 250 ? 0 : brighter),
        ...shape,
      }));

    test("warns where a classifier tells a given part from train, and shows what is most unlike it", () => {
      const result = ask("domain-drift", factsOf(rows(0.2)));

      expect(result).toMatchObject({ status: "warned", threshold: 0.6 });
      expect(result.value).toBeGreaterThan(0.9);
      expect(result.message).toContain("tells an image of test from one of train");
      expect(result.rows.every((row) => row >= 250)).toBe(true);
    });

    test("passes where both look alike, and does not ask few images, or one series", () => {
      const alike = ask("domain-drift", factsOf(rows(0)));
      expect(alike.status).toBe("passed");
      expect(alike.value).not.toBe(0.5);
      const unasked = { status: "passed", value: 0.5 };
      expect(ask("domain-drift", factsOf(rows(0.2).slice(0, 349)))).toMatchObject(unasked);
      expect(ask("domain-drift", factsOf(rows(0.2, { group: "one" })))).toMatchObject(unasked);
      expect(ask("domain-drift", factsOf(fine))).toMatchObject(unasked);
    });
  });

  test("part-size warns of a given part with few images, or without a class", () => {
    const rows = (validation: number) =>
      Array.from({ length: 300 }, (_, row) => ({ label: row % 2, part: row < validation ? "validation" : "train" }));
    const lopsided = rows(120).map((row) => (row.part === "validation" ? { ...row, label: 0 } : row));

    expect(ask("part-size", factsOf(rows(16)))).toMatchObject({ status: "warned", value: 16 });
    expect(ask("part-size", factsOf(rows(120)))).toMatchObject({ status: "passed", value: 120 });
    expect(ask("part-size", factsOf(lopsided)).message).toBe('the given validation part has 120 images; validation has no "dog"');
    expect(ask("part-size", factsOf(fine)).status).toBe("passed");
  });

  test("spurious-correlation tells which property gives the class away", () => {
    const rows = fine.map((row, i) => ({ ...row, sharpness: 0.3 + 0.4 * (i % 2) + 0.001 * i }));

    expect(ask("spurious-correlation", factsOf(rows))).toMatchObject({ status: "warned", value: 1 });
    expect(ask("spurious-correlation", factsOf(rows)).message).toContain("sharpness");
  });
});

describe("label-noise", () => {
  const outOfFold = {
    rows: Int32Array.from([0, 1, 2, 3]),
    probabilities: Float32Array.from([0.9, 0.1, 0.1, 0.9, 0.05, 0.95, 0.2, 0.8]),
  };

  test("is asked alone where there are probabilities, and suggests without failing", () => {
    const { results } = takeSteps(runChecks({ ...factsOf(fine), outOfFold }, checkParametersSchema.parse({})));

    expect(results).toMatchObject([{ rule: "label-noise", status: "warned", value: 0.25, rows: [2] }]);
    expect(results[0]!.message).toContain('row 2 is rather "dog" (its own class: 0.050)');
  });

  test("cannot be made a gate", () => {
    expect(() => checkParametersSchema.parse({ rules: { "label-noise": { severity: "fail" } } })).toThrow(
      /suggests; it cannot fail/,
    );
  });
});
