import { hashUnit } from "../random.ts";

interface PickedFrom {
  id: string;
  /** Class code, -1 where there is none. */
  label: number;
  part: string;
}

/**
 * Positions of at most `limit` images, in their order: one of each class of each part in turn, by hash of their ids, until there are
 * enough. So small classes stay, and the order of files is nothing.
 */
export function pickImages(images: readonly PickedFrom[], limit: number): number[] {
  const strata = new Map<string, { position: number; hash: number }[]>();
  for (const [position, { id, label, part }] of images.entries()) {
    const key = `${part}/${label}`;
    const stratum = strata.get(key) ?? [];
    strata.set(key, stratum);
    stratum.push({ position, hash: hashUnit(0, "ingest", id) });
  }
  const turns = [...strata.values()].flatMap((stratum) =>
    stratum.toSorted((a, b) => a.hash - b.hash || a.position - b.position).map((image, turn) => ({ ...image, turn })),
  );
  return turns
    .toSorted((a, b) => a.turn - b.turn || a.hash - b.hash)
    .slice(0, limit)
    .map(({ position }) => position)
    .toSorted((a, b) => a - b);
}
