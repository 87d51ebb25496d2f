import type { Samples } from "../ingest/schema.ts";

/** Rows that must stay together: of one group, or with equal pixels. */
export interface SplitUnit {
  /** What the unit is ordered by: its smallest group or sample id. The same whatever the order of rows. */
  key: string;
  rows: number[];
}

/**
 * Joins rows into the smallest units that no part may cut: rows with equal pixels, and rows of one group where `byGroup`. Joining is
 * transitive: duplicates join their groups.
 *
 * @param rows the rows to be joined; others are left out
 */
export function splitUnits(samples: Samples, rows: readonly number[], byGroup: boolean): SplitUnit[] {
  const parent = new Map<number, number>();
  const find = (row: number): number => {
    let root = row;
    while (parent.get(root) !== undefined) root = parent.get(root)!;
    for (let at = row; at !== root;) {
      const next = parent.get(at)!;
      parent.set(at, root);
      at = next;
    }
    return root;
  };
  const firstRows = new Map<string, number>();
  const join = (row: number, token: string): void => {
    const first = firstRows.get(token);
    if (first === undefined) firstRows.set(token, row);
    else if (find(row) !== find(first)) parent.set(find(row), find(first));
  };
  for (const row of rows) {
    join(row, `pixels ${samples.sha256[row]}`);
    if (byGroup && samples.group[row] !== "") join(row, `group ${samples.group[row]}`);
  }
  const units = new Map<number, SplitUnit>();
  for (const row of rows) {
    const key = keyOf(samples, row, byGroup);
    const unit = units.get(find(row));
    if (!unit) units.set(find(row), { key, rows: [row] });
    else {
      unit.rows.push(row);
      if (key < unit.key) unit.key = key;
    }
  }
  return [...units.values()];
}

function keyOf(samples: Samples, row: number, byGroup: boolean): string {
  const group = samples.group[row]!;
  return byGroup && group !== "" ? `group ${group}` : `sample ${samples.id[row]!}`;
}
