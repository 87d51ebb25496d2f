import { expect, test } from "vitest";

import { ImageNames } from "../../../ml/ingest/image-names.ts";

const patients = Array.from({ length: 100 }, (_, i) => `scans/patient ${i}`);
const names = new ImageNames([
  ...patients.flatMap((folder) => [`${folder}/1.jpg`, `${folder}/1.png`]),
  "1.jpg",
  "scans/2.v1.JPG",
]);

test.each([
  ["scans/patient 7/1.jpg", ["scans/patient 7/1.jpg"]],
  ["patient 7/1.png", ["scans/patient 7/1.png"]],
  ["patient 7/1", ["scans/patient 7/1.jpg", "scans/patient 7/1.png"]],
  [String.raw`C:\data\scans\patient 7\1.JPG`, ["scans/patient 7/1.jpg"]],
  ["patient 100/1.png", []],
  ["1.jpg", ["1.jpg"]],
  ["/1.jpg", ["1.jpg"]],
  ["elsewhere/1.jpg", ["1.jpg"]],
  ["2.v1", ["scans/2.v1.JPG"]],
  ["2", []],
])("finds among many images of one name those that %s means", (key, found) => {
  expect(names.find(key)).toEqual(found);
});

test("says that a name alone is that of many", () => {
  expect(names.find("1.png")).toEqual(patients.map((folder) => `${folder}/1.png`));
});
