import type { Exploration } from "../../ml/explore/schema.ts";
import { barChart } from "../charts/bar-chart.ts";
import { count, percent } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import { table } from "../table.ts";

/** Rows of each class by part, the largest class first. */
export function balanceSection({ balance, classes, rowCount }: Exploration): Html {
  const parts = balance.parts.filter(({ rows }) => rows > 0);
  const total = (code: number) => parts.reduce((rows, { perClass }) => rows + (perClass[code] ?? 0), 0);
  const order = [...classes.keys()].sort((a, b) => total(b) - total(a) || a - b);
  return html`<div class="charts">
    ${barChart({
      id: "class-counts",
      title: "Images by class and part",
      description: `Number of images of each of ${classes.length} classes, by part of the split.`,
      x: { label: "images", format: count, tickCount: 4 },
      series: parts.map(({ part }) => part),
      labelTitle: "class",
      bars: order.map((code) => ({
        label: classes[code] ?? "",
        values: parts.map(({ perClass }) => perClass[code] ?? 0),
        note: `${count(total(code))} (${percent(total(code) / Math.max(1, rowCount))})`,
      })),
    })}
    <div>
      <h3>Parts</h3>
      ${table({
        columns: ["part", "images", "groups", "share"],
        rows: balance.parts.map(({ part, rows, groups }) => [
          part,
          count(rows),
          count(groups),
          percent(rows / Math.max(1, rowCount)),
        ]),
      })}
      <p class="note">
        A group holds images that belong together (one patient, one lesion); an image without a group is one of its own.
        ${balance.unused > 0 && `${count(balance.unused)} images are in no part.`}
      </p>
    </div>
  </div>`;
}
