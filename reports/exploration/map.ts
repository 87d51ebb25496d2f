import type { Exploration } from "../../ml/explore/schema.ts";
import type { Samples } from "../../ml/ingest/schema.ts";
import { scatterChart } from "../charts/scatter-chart.ts";
import { compact, count, percent } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";

/** Images laid out by what they differ in most: clusters, outliers and classes that lie apart can be seen. */
export function mapSection({ map, classes }: Exploration, { label, id }: Pick<Samples, "label" | "id">): Html {
  if (map === null) return html`<p>Too few images, or they do not differ.</p>`;
  const series = classes.map((name, code) => ({
    name,
    points: map.points
      .filter(({ row }) => label[row] === code)
      .map(({ row, x, y }) => ({ x, y, label: `${id[row] ?? row}, ${name}` })),
  }));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return html`${scatterChart({
      id: "image-map",
      title: `${count(map.points.length)} images by their first two principal components`,
      description: `Images that look alike at a glance lie close together; the two axes hold ${percent(map.explained[0] + map.explained[1])} of all variance.`,
      x: { label: `first component (${percent(map.explained[0])} of variance)` },
      y: { label: `second component (${percent(map.explained[1])})` },
      series,
      data: {
        columns: ["class", "images", "mean first", "mean second"],
        rows: series.map(({ name, points }) => [
          name,
          count(points.length),
          compact(mean(points.map(({ x }) => x))),
          compact(mean(points.map(({ y }) => y))),
        ]),
      },
    })}
    <p class="note">Of gray pictures of at most 16 × 16, drawn by the seed; hover over a mark for its file.</p>`;
}
