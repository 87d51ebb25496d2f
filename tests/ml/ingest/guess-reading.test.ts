import { describe, expect, test } from "vitest";

import type { SourceSurvey } from "../../../ml/ingest/source-survey.ts";
import { guessReading } from "../../../ml/ingest/guess-reading.ts";
import { typeColumns } from "../../../ml/ingest/table-columns.ts";

const rows = <T>(count: number, of: (row: number) => T) => Array.from({ length: count }, (_, row) => of(row));
const loose = (paths: readonly string[]) => paths.map((path) => ({ path, file: path }));
const survey = (change: Partial<SourceSurvey>): SourceSurvey => {
  const { images = [] } = change;
  return {
    paths: [...new Set(images.map(({ file }) => file))],
    images,
    arrays: [],
    tables: [],
    unreadTables: [],
    sizes: [],
    ...change,
  };
};

describe("class folders", () => {
  const images = loose(rows(60, (i) => `set/${i % 3 === 0 ? "cats" : "dogs"}/${i}.jpg`));

  test("give classes and their counts, and a size with the longer side at most 128", () => {
    const sizes = [
      { height: 300, width: 400 },
      { height: 600, width: 800 },
      { height: 75, width: 100 },
    ];

    expect(guessReading(survey({ images, sizes }))).toEqual({
      layout: "folders",
      classCounts: { cats: 20, dogs: 40 },
      parts: "none",
      size: { height: 96, width: 128 },
    });
  });

  test("never enlarge small images", () => {
    expect(guessReading(survey({ images, sizes: [{ height: 28, width: 20 }] })).size).toEqual({ height: 28, width: 20 });
  });

  test("take given parts, unless patients in file names stand in two of them", () => {
    const of = (patient: (i: number) => number) =>
      loose(rows(80, (i) => `${i % 4 === 0 ? "test" : "train"}/${i % 2 ? "ill" : "well"}/person${patient(i)}_${i}.png`));

    const apart = guessReading(survey({ images: of((i) => (i % 4 === 0 ? 100 : 0) + (i % 10)) }));
    const straddling = guessReading(survey({ images: of((i) => i % 10) }));

    expect(apart).toMatchObject({ parts: "given", group: expect.stringContaining("person") as string });
    expect(straddling).toMatchObject({ parts: "given, but groups straddle them", fewestGroups: 5 });
  });

  test("say which images stand in none of the given parts", () => {
    const parted = loose(["train/a/1.png", "train/b/2.png", "test/a/3.png", "preview/4.png"]);

    expect(guessReading(survey({ images: parted })).partless).toEqual(["preview/4.png"]);
  });

  test("say that given parts are split anew where they are not train and test", () => {
    const parted = loose(rows(40, (i) => `${i % 4 === 0 ? "val" : "train"}/${i % 2 ? "ill" : "well"}/${i}.png`));

    expect(guessReading(survey({ images: parted })).parts).toBe("given, but not train and test");
  });

  test.each([
    ["of one class", loose(["a/1.png", "a/2.png"]), /no classes/],
    ["without any image", [], /no images/],
  ])("%s are refused, saying what is read", (_what, found, message) => {
    expect(() => guessReading(survey({ images: found, paths: ["README.md"] }))).toThrow(message);
  });
});

describe("a table beside images", () => {
  const images = rows(200, (i) => ({ path: `ISIC_${i}.jpg`, file: `part_${1 + (i % 2)}.zip` }));
  const masks = rows(200, (i) => ({ path: `ISIC_${i}_mask.png`, file: "masks.zip" }));
  const columns = {
    lesion_id: rows(200, (i) => `HAM_${Math.floor(i / 2)}`),
    image_id: rows(200, (i) => `ISIC_${i}`),
    sex: rows(200, (i) => (i % 3 ? "male" : "female")),
    age: rows(200, (i) => String(20 + (i % 50))),
    dx: rows(200, (i) => (i % 5 === 0 ? "mel" : "nv")),
    dx_type: rows(200, (i) => (i % 5 === 0 || i % 2 ? "histo" : "follow_up")),
  };
  const metadata = { path: "metadata.csv", columns: typeColumns(columns) };
  const boxes = {
    path: "boxes.csv",
    columns: typeColumns({ ...columns, left: rows(200, () => "3"), top: rows(200, () => "4") }),
  };

  test("is joined by the column that names them; label, group and columns that tell the class are found", () => {
    const guessed = guessReading(
      survey({
        images: [...images, ...masks],
        tables: [boxes, metadata],
        paths: ["boxes.csv", "masks.zip", "metadata.csv", "part_1.zip", "part_2.zip"],
      }),
    );

    expect(guessed).toEqual({
      layout: "table",
      classCounts: { mel: 40, nv: 160 },
      images: "part_*.zip",
      table: "metadata.csv",
      key: "image_id",
      label: "dx",
      group: "lesion_id",
      fewestGroups: 40,
      forbidden: [{ column: "dx_type", share: 0.4 }],
      parts: "none",
      leftAside: [{ path: "boxes.csv" }],
    });
  });

  test("is joined though a key stands in it twice: ingest says which", () => {
    const twice = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, [...values, values[0]!]]));

    const guessed = guessReading(survey({ images, tables: [{ path: "metadata.csv", columns: typeColumns(twice) }] }));

    expect(guessed).toMatchObject({ layout: "table", key: "image_id", label: "dx" });
  });

  test("gives the parts by a column of words for them, which is no class, or by folders", () => {
    const { image_id, lesion_id } = columns;
    const named = { image_id, lesion_id, split: rows(200, (i) => (i < 150 ? "train" : "test")), finding_a: columns.dx };
    const lost = { ...named, lesion_id: rows(200, (i) => `HAM_${i % 100}`) };
    const guess = (table: Record<string, string[]>, found = images) =>
      guessReading(survey({ images: found, tables: [{ path: "m.csv", columns: typeColumns(table) }] }));
    const inFolders = images.map(({ path }, i) => ({ path: `${i < 150 ? "train" : "test"}/${path}`, file: "all.zip" }));

    expect(guess(named)).toMatchObject({ label: "finding_a", part: "split", parts: "given" });
    expect(guess(lost)).toMatchObject({ part: "split", parts: "given, but groups straddle them" });
    expect(guess({ image_id, dx: columns.dx }, inFolders)).toMatchObject({ parts: "given" });
  });

  test("names the patient by number, too", () => {
    const numbered = { ...columns, lesion_id: rows(200, () => "x"), "Patient ID": rows(200, (i) => `${i >> 1}.0`) };

    expect(guessReading(survey({ images, tables: [{ path: "m.csv", columns: typeColumns(numbered) }] })).group).toBe(
      "Patient ID",
    );
  });

  test("that does not name all images says how many are missing on either side", () => {
    const some = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values.slice(0, 150)]));
    const table = { path: "m.csv", columns: typeColumns({ ...some, image_id: ["lost", ...some["image_id"]!.slice(1)] }) };

    expect(guessReading(survey({ images, tables: [table] })).unmatched).toEqual({ images: 51, lines: 1 });
  });

  test("with a column a class is refused, saying how to make one of them", () => {
    const { image_id } = columns;
    const oneHot = Object.fromEntries(
      ["MEL", "NV", "BCC"].map((name, k) => [name, rows(200, (i) => (i % 3 === k ? "1.0" : "0.0"))]),
    );
    const tables = [{ path: "truth.csv", columns: typeColumns({ image_id, ...oneHot }) }];

    expect(() => guessReading(survey({ images, tables }))).toThrow(
      'truth.csv holds the class as 0 and 1 in the columns MEL, NV, BCC; dataset.label names one column. Write the names into one, with pandas table["label"] = table[["MEL","NV","BCC"]].idxmax(axis=1)',
    );
  });

  test("is left aside where it names no image", () => {
    const other = { path: "prices.csv", columns: typeColumns({ image: ["x", "y"], label: ["a", "b"] }) };
    const found = loose(["cats/1.png", "dogs/2.png"]);

    expect(guessReading(survey({ images: found, tables: [other] })).layout).toBe("folders");
  });

  test("without a column that looks like a class is refused with the names of its columns", () => {
    const { image_id, age } = columns;
    const table = { path: "metadata.csv", columns: typeColumns({ image_id, age, weight: rows(200, (i) => String(i * 1.5)) }) };

    expect(() => guessReading(survey({ images, tables: [table] }))).toThrow(
      /none of its other columns looks like a class; it has age, weight/,
    );
  });
});

test("idx files are known by their names", () => {
  const paths = ["t10k", "train"].flatMap((part) => [`${part}-images-idx3-ubyte.gz`, `${part}-labels-idx1-ubyte.gz`]);

  expect(guessReading(survey({ paths }))).toEqual({ layout: "idx", classCounts: {}, parts: "given" });
});

describe("arrays", () => {
  const images = (name: string, dtype = "uint8") => ({ name, dtype, shape: [10, 28, 28], itemBytes: 1 });
  const labels = (name: string, count = 10) => ({ name, dtype: "int64", shape: [count], itemBytes: 8 });
  const paths = ["set.npz"];

  test("are told by their headers, with the parts that their names give", () => {
    const one = [images("kmnist-test-imgs"), labels("kmnist-test-labels")];
    const two = [images("x_train"), labels("y_train"), images("x_test"), labels("y_test")];

    expect(guessReading(survey({ paths, arrays: one }))).toEqual({ layout: "arrays", classCounts: {}, parts: "none" });
    expect(guessReading(survey({ paths, arrays: two })).parts).toBe("given");
  });

  test.each([
    [[images("x", "bool"), labels("y")], /x: images are numbers; received bool\. Save them as uint8/],
    [[images("x"), labels("y", 9)], /y holds 9 labels and x holds 10 images/],
    [[images("x")], /The array x has no labels beside it/],
  ])("that ingest would refuse are refused at once, in its words", (arrays, message) => {
    expect(() => guessReading(survey({ paths, arrays }))).toThrow(message);
  });
});
