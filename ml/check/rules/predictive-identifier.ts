import type { Rule } from "../rule.ts";

const reach = 5;

/**
 * Threshold: how much of what always answering with the largest class gets wrong the neighbors by identifier put right, 0 to 1. Then classes
 * were collected one after the other, and whatever else changed meanwhile (camera, light, site) tells them apart. Asked where dataset.key
 * names the identifier: paths name the class themselves.
 */
export const predictiveIdentifier: Rule = {
  name: "predictive-identifier",
  severity: "warn",
  threshold: 0.3,
  find({ samples, names, classCounts }, threshold) {
    const labeled = [...samples.label.keys()].filter((row) => samples.label[row]! >= 0);
    const baseline = Math.max(0, ...classCounts) / Math.max(1, labeled.length);
    if (names.key === undefined || baseline === 0 || baseline === 1) {
      return { value: 0, beyond: false, message: "no identifier is named that could tell the class", rows: [] };
    }
    // Rows stand in the order of their keys.
    const right = labeled.filter((row, at) => {
      const isOther = (other: number) =>
        other !== row && (samples.group[row] === "" || samples.group[other] !== samples.group[row]);
      const near = labeled.slice(Math.max(0, at - reach), at + reach + 1).filter(isOther);
      return (
        mostFrequent(
          near.map((other) => samples.label[other]!),
          classCounts.length,
        ) === samples.label[row]
      );
    }).length;
    const value = Math.max(0, (right / labeled.length - baseline) / (1 - baseline));
    const message = `the classes of neighbors by ${names.key} put right ${(100 * value).toFixed(0)} % of what guessing the largest class gets wrong`;
    return { value, beyond: value > threshold, message, rows: [] };
  },
};

/** The smallest of the most frequent codes; -1 where there are none. */
function mostFrequent(codes: readonly number[], classCount: number): number {
  const counts = new Int32Array(classCount);
  for (const code of codes) counts[code]! += 1;
  const most = counts.reduce((largest, count) => Math.max(largest, count), 0);
  return most === 0 ? -1 : counts.indexOf(most);
}
