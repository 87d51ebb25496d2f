import { expect, test } from "vitest";

import { inTurns } from "../../activities/in-turns.ts";

const endless = 30_000;

test("a long computation lets timers have their turn, and gives its result", async () => {
  let beats = 0;
  const beating = setInterval(() => beats++, 1);
  function* untilBeaten(): Generator<void, string> {
    for (const start = performance.now(); performance.now() < start + endless;) {
      if (beats === 3) return "heard three";
      yield;
    }
    return "heard nothing";
  }

  await expect(inTurns(untilBeaten(), new AbortController().signal)).resolves.toBe("heard three");

  clearInterval(beating);
});

test("a long computation ends when its stage is cancelled", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("cancelled")), 1);
  function* withoutEnd(): Generator<void, string> {
    for (const start = performance.now(); performance.now() < start + endless;) yield;
    return "never cancelled";
  }

  await expect(inTurns(withoutEnd(), controller.signal)).rejects.toThrow("cancelled");
});
