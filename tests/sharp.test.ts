import { expect, test } from "vitest";

import { sharp } from "../sharp.ts";
import { gainMapPicture } from "./support/gain-map-picture.ts";
import { randomPicture } from "./support/random-picture.ts";

test("reads a photograph with a gain map as the picture that it is without, at its size and smaller", async () => {
  const picture = await sharp(await randomPicture(1, { height: 48, width: 64 }))
    .jpeg()
    .toBuffer();
  const withMap = await gainMapPicture(picture);
  const decode = async (bytes: Buffer) => [
    await sharp(bytes).raw().toBuffer(),
    await sharp(bytes).resize(10, 8).raw().toBuffer(),
  ];

  sharp.unblock({ operation: ["VipsForeignLoadUhdr"] });
  expect((await sharp(withMap).metadata()).gainMap).toBeDefined();
  const asked = await decode(withMap);
  sharp.block({ operation: ["VipsForeignLoadUhdr"] });

  expect((await sharp(withMap).metadata()).gainMap).toBeUndefined();
  expect(await decode(withMap)).toEqual(asked);
  expect(await decode(picture)).toEqual(asked);
});
