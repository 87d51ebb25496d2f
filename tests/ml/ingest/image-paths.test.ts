import { describe, expect, test } from "vitest";

import { globMatcher } from "../../../ml/ingest/glob.ts";
import { isImagePath, isJunkPath, kindOfPath, placeImages, placePaths } from "../../../ml/ingest/image-paths.ts";

describe("class and part of a path", () => {
  test.each([
    { paths: ["cats/1.jpg", "dogs/1.jpg"], labels: ["cats", "dogs"], parts: ["", ""] },
    { paths: ["x/data/cats/1.jpg", "x/data/dogs/1.jpg"], labels: ["cats", "dogs"], parts: ["", ""] },
    { paths: ["cats/black/1.jpg", "cats/red/1.jpg", "dogs/1.jpg"], labels: ["cats", "cats", "dogs"], parts: ["", "", ""] },
    { paths: ["set/Train/NORMAL/1.jpg", "set/val/SICK/1.jpg"], labels: ["NORMAL", "SICK"], parts: ["train", "validation"] },
    { paths: ["cats/train/1.jpg", "dogs/test/1.jpg"], labels: ["cats", "dogs"], parts: ["train", "test"] },
    { paths: ["Testing/cats/1.jpg", "Training/dogs/1.jpg"], labels: ["cats", "dogs"], parts: ["test", "train"] },
    { paths: ["test-set/a/1.jpg", "train-set/b/1.jpg"], labels: ["a", "b"], parts: ["test", "train"] },
    { paths: ["Test Images/a/1.jpg", "TrainingData/b/1.jpg"], labels: ["a", "b"], parts: ["test", "train"] },
    { paths: ["seg_train/seg_train/a/1.jpg", "seg_test/seg_test/b/1.jpg"], labels: ["a", "b"], parts: ["train", "test"] },
    {
      paths: ["train/train/a/1.jpg", "train/val/b/1.jpg", "test/a/1.jpg"],
      labels: ["a", "b", "a"],
      parts: ["train", "validation", "test"],
    },
    {
      paths: ["train/train/1.jpg", "train/bus/1.jpg", "test/train/1.jpg"],
      labels: ["train", "bus", "train"],
      parts: ["train", "train", "test"],
    },
    { paths: ["bus/1.jpg", "car/1.jpg", "train/1.jpg"], labels: ["bus", "car", "train"], parts: ["", "", ""] },
    { paths: ["valid/a/1.jpg", "invalid/a/1.jpg"], labels: ["valid", "invalid"], parts: ["", ""] },
    { paths: ["test/1.jpg", "control/1.jpg"], labels: ["test", "control"], parts: ["", ""] },
    { paths: ["seg_train/1.jpg", "road/1.jpg"], labels: ["seg_train", "road"], parts: ["", ""] },
    { paths: ["train/a/1.jpg", "train/b/1.jpg", "preview/1.jpg"], labels: ["a", "b", "preview"], parts: ["train", "train", ""] },
    { paths: ["train/a/1.jpg", "test/1.jpg"], labels: ["a", null], parts: ["train", "test"] },
    { paths: ["data/train/a/1.jpg", "data/test/1.jpg"], labels: ["a", null], parts: ["train", "test"] },
    { paths: ["data/cats/1.jpg", "data/dogs/1.jpg", "preview.png"], labels: ["cats", "dogs", null], parts: ["", "", ""] },
    { paths: ["only/cats/1.jpg", "only/cats/2.jpg"], labels: ["cats", "cats"], parts: ["", ""] },
    { paths: ["1.jpg", "2.jpg"], labels: [null, null], parts: ["", ""] },
    { paths: ["constructor/1.jpg", "dogs/1.jpg"], labels: ["constructor", "dogs"], parts: ["", ""] },
  ])("in $paths are $labels and $parts", ({ paths, labels, parts }) => {
    const places = placePaths(paths);

    expect(places.map(({ label }) => label)).toEqual(labels);
    expect(places.map(({ part }) => part)).toEqual(parts);
  });

  test.each([
    { archives: ["train.zip", "test.tar.gz"], labels: ["cats", "cats"], parts: ["train", "test"] },
    { archives: ["data/train/images.zip", "data/test/images.zip"], labels: ["cats", "cats"], parts: ["train", "test"] },
    { archives: ["part_1.zip", "part_2.zip"], labels: ["cats", "cats"], parts: ["", ""] },
  ])("in archives $archives are $labels and $parts, though they clash", ({ archives, labels, parts }) => {
    const images = archives.map((file) => ({ path: `${file}/cats/1.png`, file, member: "cats/1.png" }));

    const places = placeImages([...images, { path: "dogs/1.png", file: "dogs/1.png", member: null }]).slice(0, 2);

    expect(places.map(({ label }) => label)).toEqual(labels);
    expect(places.map(({ part }) => part)).toEqual(parts);
  });

  test.each([
    ["a/1.JPeG", "JPEG"],
    ["a.png/2.tif", "TIFF"],
    ["a/3.webp", "WebP"],
    ["a/4", null],
    ["a/5.constructor", null],
  ])("the name %s says %s", (path, kind) => {
    expect(kindOfPath(path)).toBe(kind);
    expect(isImagePath(path)).toBe(kind !== null);
  });

  test.each(["__MACOSX/a/1.jpg", "a/.DS_Store", ".git/x.png", "a/Thumbs.db"])("ignores what systems leave behind: %s", (path) => {
    expect(isJunkPath(path)).toBe(true);
  });
});

describe("a pattern", () => {
  test.each([
    { pattern: "images_part_*.zip", path: "images_part_1.zip", fits: true },
    { pattern: "images_part_*.zip", path: "deep/images_part_2.zip", fits: true },
    { pattern: "images_part_*.zip", path: "masks.zip", fits: false },
    { pattern: "train/*.png", path: "train/a.png", fits: true },
    { pattern: "train/*.png", path: "train/x/a.png", fits: false },
    { pattern: "**/a?.png", path: "x/y/a1.png", fits: true },
    { pattern: "**/a?.png", path: "a1.png", fits: true },
    { pattern: "a.(b)+[c].png", path: "a.(b)+[c].png", fits: true },
    { pattern: "a.png", path: "aXpng", fits: false },
  ])("$pattern and $path: $fits", ({ pattern, path, fits }) => {
    expect(globMatcher(pattern)(path)).toBe(fits);
    expect(globMatcher(["no", pattern])(path)).toBe(fits);
  });
});
