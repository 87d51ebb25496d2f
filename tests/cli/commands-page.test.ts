import { expect, test } from "vitest";

import { commands } from "../../cli/command-table.ts";
import { commandsPage } from "../../cli/commands-page.ts";
import { exitCodes } from "../../cli/exit-codes.ts";

test("docs/commands.md says what the command table says", async () => {
  await expect(commandsPage()).toMatchFileSnapshot("../../docs/commands.md");
});

test("it names every exit code", () => {
  for (const code of Object.values(exitCodes)) expect(commandsPage()).toContain(`| ${code} |`);
});

test("every command has an example that begins with its own name, and says what --json prints", () => {
  for (const { name, examples, json } of commands) {
    expect(
      examples.some(({ line }) => line.includes(`convoy ${name}`)),
      name,
    ).toBe(true);
    expect(json, name).not.toBe("");
  }
});
