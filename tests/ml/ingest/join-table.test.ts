import { describe, expect, test } from "vitest";

import { InvalidConfiguration, InvalidData } from "../../../ml/errors.ts";
import { classCodes } from "../../../ml/ingest/class-codes.ts";
import { joinTable } from "../../../ml/ingest/join-table.ts";
import { typeColumns } from "../../../ml/ingest/table-columns.ts";

const options = { table: "meta.csv", key: "image", label: "dx", group: "lesion", part: null, forbidden: ["dx_type"] };
const columns = typeColumns({
  lesion: ["L1", "L1", ""],
  image: ["b", "a", "c"],
  dx: ["nv", "mel", ""],
  dx_type: ["histo", "histo", "consensus"],
  age: ["50", "", "7.5"],
});

describe("joining a table with images", () => {
  test("matches keys with paths, names and names without extension, and orders rows by key", () => {
    const { rows, unmatched } = joinTable(columns, ["one/a.jpg", "b.png", "c"], options);

    expect(rows).toEqual([
      { id: "a", path: "one/a.jpg", label: "mel", group: "L1", part: null, columns: { age: null } },
      { id: "b", path: "b.png", label: "nv", group: "L1", part: null, columns: { age: 50 } },
      { id: "c", path: "c", label: null, group: "", part: null, columns: { age: 7.5 } },
    ]);
    expect(unmatched).toEqual([]);
  });

  test("carries all columns but key, label, group and those forbidden", () => {
    expect(joinTable(columns, ["a.jpg", "b.jpg", "c.jpg"], options).columns).toEqual([{ name: "age", type: "number" }]);
  });

  test("lists lines without an image and images without a line", () => {
    const { rows, unmatched } = joinTable(columns, ["a.jpg", "b.jpg", "x.jpg"], options);

    expect(rows.map(({ id }) => id)).toEqual(["a", "b"]);
    expect(unmatched).toEqual([
      { source: "c", reason: "meta.csv names it, but there is no such image", cause: "no-file" },
      { source: "x.jpg", reason: "no line of meta.csv names it", cause: "no-row" },
    ]);
  });

  test("refuses columns that are not there, naming those that are", () => {
    expect(() => joinTable(columns, ["a.jpg"], { ...options, forbidden: ["dxtype"] })).toThrow(
      new InvalidConfiguration('dataset.forbidden: meta.csv has no column "dxtype"; it has lesion, image, dx, dx_type, age'),
    );
  });

  test.each([
    { what: "twice", image: ["a", "b", "a"], message: /rows 1 and 3 have the same image, "a"/ },
    { what: "missing", image: ["a", "", "b"], message: /row 2 has no image/ },
  ])("refuses a key that is $what", ({ image, message }) => {
    const table = typeColumns({ image, dx: ["x", "y", "z"] });

    expect(() => joinTable(table, ["a.jpg", "b.jpg"], { ...options, group: null, forbidden: [] })).toThrow(message);
  });

  test.each([
    { as: "a path", key: "one/a.b/x.jpg" },
    { as: "a path without extension", key: "one/a.b/x" },
    { as: "the end of a path", key: "a.b/x.jpg" },
    { as: "a path from elsewhere", key: "/home/ann/one/a.b/x.jpg" },
    { as: "a path from Windows", key: ".\\one\\a.b\\x.JPG" },
    { as: "a path of the folder it lies in", key: "./x.jpg" },
  ])("joins by $as", ({ key }) => {
    const table = typeColumns({ image: [key], dx: ["nv"] });

    const { rows, unmatched } = joinTable(table, ["one/a.b/x.jpg", "two/y.jpg"], { ...options, group: null, forbidden: [] });

    expect(rows).toMatchObject([{ id: key, path: "one/a.b/x.jpg" }]);
    expect(unmatched).toMatchObject([{ source: "two/y.jpg", cause: "no-row" }]);
  });

  test("joins letters whose accents are signs of their own, as in names that macOS packs", () => {
    const table = typeColumns({ image: ["caf\u00e9"], dx: ["nv"] });

    const { rows } = joinTable(table, ["cafe\u0301.jpg"], { ...options, group: null, forbidden: [] });

    expect(rows).toMatchObject([{ id: "caf\u00e9", path: "cafe\u0301.jpg" }]);
  });

  test("never joins a path with an image in another folder", () => {
    const table = typeColumns({ image: ["one/a.jpg", "b.jpg"], dx: ["nv", "mel"] });

    const { rows, unmatched } = joinTable(table, ["two/a.jpg", "b.jpg"], { ...options, group: null, forbidden: [] });

    expect(rows.map(({ path }) => path)).toEqual(["b.jpg"]);
    expect(unmatched.map(({ source }) => source)).toEqual(["one/a.jpg", "two/a.jpg"]);
  });

  test("takes a whole path for the image of that path, though another ends in it", () => {
    const table = typeColumns({ image: ["a.jpg", "sub/a.jpg"], dx: ["nv", "mel"] });

    const { rows } = joinTable(table, ["a.jpg", "sub/a.jpg"], { ...options, group: null, forbidden: [] });

    expect(rows.map(({ path }) => path)).toEqual(["a.jpg", "sub/a.jpg"]);
  });

  test("takes the given part of each row from a column of words for parts, and refuses other words", () => {
    const table = typeColumns({ image: ["a", "b", "c"], dx: ["nv", "mel", "nv"], fold: ["Train", "val", ""] });
    const paths = ["a.jpg", "b.jpg", "c.jpg"];
    const asked = { ...options, group: null, forbidden: [], part: "fold" };

    const { rows, columns: carried } = joinTable(table, paths, asked);

    expect(rows.map(({ part }) => part)).toEqual(["train", "validation", ""]);
    expect(carried).toEqual([]);
    expect(() => joinTable(table, paths, { ...asked, part: "dx" })).toThrow(
      'meta.csv: row 1 has the dx "nv"; parts are called train, training, val, valid, validation, dev, test, testing, t10k',
    );
  });

  test("refuses two keys for one image", () => {
    const table = typeColumns({ image: ["a", "a.jpg"], dx: ["nv", "mel"] });

    expect(() => joinTable(table, ["a.jpg"], { ...options, group: null, forbidden: [] })).toThrow(
      'meta.csv: "a" and "a.jpg" both name the image a.jpg; take one of the rows out',
    );
  });

  test("refuses a key that fits two images", () => {
    expect(() => joinTable(columns, ["one/a.jpg", "two/a.jpg", "b.jpg", "c.jpg"], options)).toThrow(
      /meta\.csv: "a" fits 2 images: one\/a\.jpg, two\/a\.jpg/,
    );
  });
});

describe("columns of a table", () => {
  test.each([
    { values: ["1", "-2.5", "", "3e2"], type: "number", expected: [1, -2.5, null, 300] },
    { values: ["1", "unknown"], type: "string", expected: ["1", "unknown"] },
    { values: ["007", "008"], type: "string", expected: ["007", "008"] },
    { values: ["", ""], type: "string", expected: [null, null] },
    { values: ["=1+1", "+2"], type: "string", expected: ["=1+1", "+2"] },
    { values: ["1e999", "2"], type: "string", expected: ["1e999", "2"] },
  ])("of $values are of type $type", ({ values, type, expected }) => {
    expect(typeColumns({ x: values })).toEqual([{ name: "x", type, values: expected }]);
  });
});

describe("class codes", () => {
  test("follow alphanumeric order, or the order given", () => {
    expect(classCodes(["b", "a", null, "B"], null)).toEqual({ classes: ["B", "a", "b"], codes: [2, 1, -1, 0] });
    expect(classCodes(["b", "a"], ["b", "z", "a"])).toEqual({ classes: ["b", "z", "a"], codes: [0, 2] });
  });

  test("refuse a class that is not among those given", () => {
    expect(() => classCodes(["a", "c", "c"], ["a", "b"])).toThrow(InvalidData);
    expect(() => classCodes(["a", "c", "c"], ["a", "b"])).toThrow(
      /2 images have the class "c", which dataset\.classes does not name; it names a, b/,
    );
  });
});
