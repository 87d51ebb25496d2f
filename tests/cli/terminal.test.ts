import { expect, test } from "vitest";

import { withoutCommands } from "../../cli/terminal.ts";

test("names of files and classes cannot command a terminal; colors and line breaks stay", () => {
  expect(withoutCommands("\u001B[31mred\u001B[39m\tcats\n\r\u001B[2Kline")).toBe(
    "\u001B[31mred\u001B[39m\tcats\n\r\u001B[2Kline",
  );
  expect(withoutCommands("\u001B]0;title\u0007 \u001B[2J \u009B1A \u0008")).toBe(
    "\uFFFD]0;title\uFFFD \uFFFD[2J \uFFFD1A \uFFFD",
  );
});
