import { describe, expect, test } from "vitest";

import { InvalidData } from "../../ml/errors.ts";
import { parseTextTable } from "../../storage/text-table.ts";

const read = (text: string, name = "meta.csv") => parseTextTable(Buffer.from(text), name);

describe("a text table", () => {
  test.each([
    ["commas", "id,age\na,3\nb,4\n"],
    ["semicolons, of a spreadsheet where the comma is decimal", "\u{FEFF}id;age\r\na;3\r\nb;4\r\n"],
    ["tabs", "id\tage\na\t3\nb\t4"],
  ])("may be parted by %s", (_, text) => {
    expect(read(text)).toEqual({ id: ["a", "b"], age: ["3", "4"] });
  });

  test("keeps line breaks, quotes and other delimiters within quotes, in the head too", () => {
    expect(read('id;"note, or\nremark, or";x\na;"one\ntwo; ""three""";1\n')).toEqual({
      id: ["a"],
      "note, or\nremark, or": ['one\ntwo; "three"'],
      x: ["1"],
    });
  });

  test("reads decimal commas where semicolons part cells, in columns of numbers alone", () => {
    expect(read("id;age;note\n1;51,5;1,5 mm\n2;;\n3;-7;2,5\n")).toEqual({
      id: ["1", "2", "3"],
      age: ["51.5", "", "-7"],
      note: ["1,5 mm", "", "2,5"],
    });
    expect(read('id,age\n1,"51,5"\n')).toEqual({ id: ["1"], age: ["51,5"] });
  });

  test("leaves out blanks around cells but within quotes, and lines and unnamed columns without values", () => {
    expect(read('id, dx ,,\na, nv ,,\n,,,\n" b", "mel ",,\n')).toEqual({ id: ["a", " b"], dx: ["nv", "mel "] });
    expect(read("id\tdx\ta\n1\t\t x\n")).toEqual({ id: ["1"], dx: [""], a: [" x"] });
    expect(() => read("id,,\na,1,2\n")).toThrow('two columns are named ""');
  });

  test("of one column is one", () => {
    expect(read("id\na\nb;c\n")).toEqual({ id: ["a", "b;c"] });
  });

  test("is refused by name where lines differ in length, two columns share a name, there is no line, or it is not UTF-8", () => {
    expect(() => read("a,b\n1,2,3\n")).toThrow(/meta\.csv cannot be read as a table.*line 2/);
    expect(() => read("a,a\n1,2\n")).toThrow('two columns are named "a"');
    expect(() => read("a,b\n")).toThrow("has no line below its head");
    expect(() => parseTextTable(Buffer.from("a,b\n\u00fc,2\n", "latin1"), "meta.csv")).toThrow(InvalidData);
  });
});
