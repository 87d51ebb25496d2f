import { expect, test } from "vitest";

import { pickImages } from "../../../ml/ingest/pick-images.ts";

const images = (counts: readonly number[], part = "") =>
  counts.flatMap((count, label) => Array.from({ length: count }, (_, i) => ({ id: `${part}${label}/${i}`, label, part })));

test("takes of each class of each part in turn, so that small classes stay whole", () => {
  const all = [...images([500, 3, 40], "train"), ...images([100, 2, 40], "test")];

  const picked = pickImages(all, 60).map((position) => all[position]!);

  const count = (inPart: string, of: number) => picked.filter(({ part, label }) => part === inPart && label === of).length;
  const counts = ["train", "test"].map((part) => [0, 1, 2].map((label) => count(part, label)));
  const large = counts.flatMap(([first = 0, , last = 0]) => [first, last]);
  expect(picked).toHaveLength(60);
  expect(counts.map(([, small]) => small)).toEqual([3, 2]);
  expect(Math.max(...large) - Math.min(...large)).toBeLessThanOrEqual(1);
});

test("does not depend on the order of images, and gives positions in theirs", () => {
  const all = images([30, 30]);
  const reversed = all.toReversed();

  const [one, other] = [pickImages(all, 11), pickImages(reversed, 11)];

  expect(other).toEqual(other.toSorted((a, b) => a - b));
  expect(new Set(other.map((i) => reversed[i]!.id))).toEqual(new Set(one.map((i) => all[i]!.id)));
});

test("takes all where there are no more", () => {
  expect(pickImages(images([2, 1]), 200)).toEqual([0, 1, 2]);
});
