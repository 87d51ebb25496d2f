import { separateSides } from "../domain-classifier.ts";
import type { GivenPart } from "../given-parts.ts";
import { givenParts } from "../given-parts.ts";
import { thumbnailSide } from "../nearest-neighbors.ts";
import type { CheckFacts, Rule } from "../rule.ts";

/** With fewer, chance alone takes the area as far from a half as the threshold is. */
const leastRows = 100;
/** Of a part; more would not tell more. */
const mostRows = 2000;

/**
 * Threshold: how well a linear classifier tells images of a given part from those of train, by their brightness, sharpness and thumbnails of
 * 8 × 8 grey values: the area under its ROC curve on images it never saw, 0.5 where both look alike. It sees what no single property shows.
 * Parts with fewer than 100 images are not asked; why sources are not compared stands in docs/checks.md.
 * @see deepchecks, ImageDatasetDrift; Rabanser, Günnemann, Lipton 2019, "Failing Loudly: An Empirical Study of Methods for Detecting Dataset Shift"
 */
export const domainDrift: Rule = {
  name: "domain-drift",
  severity: "warn",
  threshold: 0.6,
  find(facts, threshold) {
    const found = givenParts(facts.samples)
      .flatMap((part) => {
        const separation = separate(facts, part);
        return separation ? [{ name: part.name, ...separation }] : [];
      })
      .toSorted((a, b) => b.auc - a.auc);
    const [worst] = found;
    if (!worst)
      return { value: 0.5, beyond: false, message: `there are no two given parts of ${leastRows} images to compare`, rows: [] };
    const beyond = worst.auc > threshold;
    const told = `an image of ${worst.name} from one of train in ${(100 * worst.auc).toFixed(0)} of 100 pairs`;
    const message = beyond
      ? `by looks alone a classifier tells ${told}; the first are most unlike train`
      : `by looks a classifier tells ${told}`;
    return { value: worst.auc, beyond, message, rows: beyond ? worst.rows : [] };
  },
};

/** Rows of the part that do not look like train, the most unlike first. */
function separate({ samples, images }: CheckFacts, part: GivenPart): { auc: number; rows: number[] } | null {
  if (Math.min(part.rows.length, part.train.length) < leastRows) return null;
  const [train, other] = [spread(part.train), spread(part.rows)];
  const rows = [...train, ...other];
  const found = separateSides(
    rows.map((row) => looksOf(images, row)),
    rows.map((_, at) => at >= train.length),
    rows.map((row) => samples.group[row] || samples.sha256[row]!),
  );
  if (!found) return null;
  const unlike = other.map((row, i) => ({ row, score: found.scores[train.length + i]! })).filter(({ score }) => score > 0);
  return { auc: found.auc, rows: unlike.toSorted((a, b) => b.score - a.score || a.row - b.row).map(({ row }) => row) };
}

/** At most so many of them, evenly. */
function spread(rows: readonly number[]): number[] {
  const count = Math.min(rows.length, mostRows);
  return Array.from({ length: count }, (_, i) => rows[Math.floor((i * rows.length) / count)]!);
}

function looksOf(images: CheckFacts["images"], row: number): Float64Array {
  const size = thumbnailSide ** 2;
  const { brightestShare, darkestShare, information, sharpness, thumbnails } = images;
  const properties = [brightestShare, darkestShare, information, sharpness].map((values) => values[row]!);
  return Float64Array.of(...properties, ...thumbnails.subarray(row * size, (row + 1) * size));
}
