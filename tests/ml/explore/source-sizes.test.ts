import { expect, test } from "vitest";

import { summarizeSourceSizes } from "../../../ml/explore/source-sizes.ts";

test("counts sizes, the commonest first, and bins sides and aspects", () => {
  const heights = Int32Array.of(10, 20, 10, 40);
  const widths = Int32Array.of(40, 20, 40, 40);

  const sizes = summarizeSourceSizes({ sourceSizes: { heights, widths } });

  expect(sizes?.distinct).toBe(3);
  expect(sizes?.commonest).toEqual([
    { height: 10, width: 40, images: 2 },
    { height: 20, width: 20, images: 1 },
    { height: 40, width: 40, images: 1 },
  ]);
  const bins = ({ edges, counts }: { edges: number[]; counts: number[] }) => [edges[0], edges.at(-1), counts[0], counts.at(-1)];
  expect(bins(sizes!.sides)).toEqual([20, 40, 3, 1]);
  expect(bins(sizes!.aspects)).toEqual([1, 4, 2, 2]);
});

test("says nothing of rows that are no files", () => {
  expect(summarizeSourceSizes({})).toBeNull();
});
