import { expect, test } from "vitest";

import { LastOutput } from "../../activities/last-output.ts";

test("hands on whole lines, whatever the pieces they come in, and keeps the last that say anything", () => {
  const heard: string[] = [];
  const output = new LastOutput((line, level) => heard.push(`${level} ${line}`));

  for (const piece of ["Err", "or: no\r\n\nI0000 00:00 port.cc] oneDNN\n", "second\nunfinished"]) output.take(piece);

  expect(heard).toEqual(["info Error: no", "debug I0000 00:00 port.cc] oneDNN", "info second"]);
  expect(output.lines(2)).toEqual(["second", "unfinished"]);
});

test("keeps no more than 4 KB of a process that never ends a line", () => {
  const output = new LastOutput(() => undefined);

  for (let i = 0; i < 100; i++) output.take("x".repeat(1000));

  expect(output.lines(10).join("").length).toBe(4096);
});
