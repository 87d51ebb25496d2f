import type { SliceScore } from "../../ml/evaluate/slice-scores.ts";
import { count, percent, percentRange } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import { table } from "../table.ts";

const sliceLimit = 60;

/** Scores by the values of the user's columns, the worst first. */
export function sliceTable(slices: readonly SliceScore[], accuracy: number): Html {
  const worse = slices.filter(({ isWorse }) => isWorse).length;
  return html`<p>
      ${worse === 0 ? "No slice is" : `${count(worse)} of ${count(slices.length)} slices ${worse === 1 ? "is" : "are"}`} answered
      worse than the whole (${percent(accuracy)}) beyond chance.
    </p>
    ${table({
      columns: ["column", "value", "images", "accuracy", "95 % interval", "balanced accuracy", "verdict"],
      rows: slices
        .slice(0, sliceLimit)
        .map((slice) => [
          slice.column,
          slice.value === "" ? "(empty)" : slice.value,
          count(slice.rows),
          percent(slice.accuracy),
          percentRange(slice.interval),
          percent(slice.balancedAccuracy),
          slice.isWorse ? html`<span class="badge warn">worse</span>` : html`<span class="badge soft">as the whole</span>`,
        ]),
    })}
    <p class="note">
      Wilson intervals, rows taken as independent; slices of fewer than 20 images are left out. With many slices one in forty
      looks worse by chance alone.
    </p>`;
}
