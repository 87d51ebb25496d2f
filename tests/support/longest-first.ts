import type { TestSpecification } from "vitest/node";
import { BaseSequencer } from "vitest/node";

/** Files that take half a minute or more, the longest first. */
const long = [
  "main-job",
  "again",
  "cluster",
  "training-faults",
  "reference-cases",
  "code-change",
  "sweep",
  "full-mnist",
  "stack-lifecycle",
].concat(["control", "errors", "sweep-workflow", "outside-project"]);

/** Begins with the files that take longest, so that none of them is left to run alone at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = long.findIndex((name) => moduleId.endsWith(`/e2e/${name}.test.ts`));
      return place < 0 ? long.length : place;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
