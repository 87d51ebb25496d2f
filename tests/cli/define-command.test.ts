import { expect, test } from "vitest";

import { defineCommand, findCommand } from "../../cli/define-command.ts";

const command = (name: string) =>
  defineCommand({ name, summary: "", arguments: {}, options: {}, examples: [], json: "", load: async () => async () => 0 });
const table = [command("run"), command("schedule create"), command("schedule show"), command("show")];

test.each([
  [["run", "a.yaml"], "run", ["a.yaml"]],
  [["--json", "show", "run"], "show", ["run"]],
  [["schedule", "create", "nightly", "show"], "schedule create", ["nightly", "show"]],
  [["schedule", "show", "run"], "schedule show", ["run"]],
])("of %j the command is %s", (words, name, after) => {
  const found = findCommand(table, words);

  expect(found?.spec.name).toBe(name);
  expect(found?.after).toEqual(after);
});

test("a group alone, or an unknown word, is no command", () => {
  expect(findCommand(table, ["schedule"])).toBeUndefined();
  expect(findCommand(table, ["schedule", "rnu"])).toBeUndefined();
});
