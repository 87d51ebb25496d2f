import type { TestSpecification } from "vitest/node";
import { BaseSequencer } from "vitest/node";

/** Files that take twenty seconds or more, the longest first. */
const long = [
  "activities/ingest-real",
  "activities/trainer-process",
  "trainer/jobs/train",
  "trainer/engine/graph-equality",
].concat(
  ["main-job", "again", "cluster", "reference-cases", "code-change", "training-faults", "sweep", "full-mnist"].map(endToEnd),
  ["stack-lifecycle", "errors", "control", "sweep-workflow", "outside-project"].map(endToEnd),
);

function endToEnd(name: string): string {
  return `e2e/${name}`;
}

/** Begins with the files that take longest, so that none of them is left to run alone at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = long.findIndex((name) => moduleId.endsWith(`/tests/${name}.test.ts`));
      return place < 0 ? long.length : place;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
