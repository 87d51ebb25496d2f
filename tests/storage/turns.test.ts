import { expect, test } from "vitest";

import { Turns } from "../../storage/turns.ts";

test("so many go on at a time, the others in the order they came, also after one has failed", async () => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const work = (number: number) => () => {
    begun.push(number);
    return new Promise<number>((resolve, reject) =>
      ends.push(() => (number === 1 ? reject(new Error("torn")) : resolve(number))),
    );
  };
  const settled = Promise.allSettled([1, 2, 3, 4].map((number) => turns.take(work(number))));

  expect(begun).toEqual([1, 2]);
  for (let ended = 0; ended < 4; ended++) {
    ends[ended]?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([1, 2, 3, 4].slice(0, ended + 3));
  }
  expect((await settled).map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled", "fulfilled"]);
});
