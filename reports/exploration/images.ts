import type { Exploration, ImageProperty, SourceSizes } from "../../ml/explore/schema.ts";
import { histogram } from "../charts/histogram.ts";
import { compact, count, decimal, percent } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import { table } from "../table.ts";

const meanings = {
  brightness: "mean of all values, 0 black to 1 full scale",
  contrast: "standard deviation of the gray image, shares of full scale",
  sharpness: "standard deviation of the gray image's Laplacian",
} as const;

/** How bright, contrasty and sharp images are, by part and by class; and the values of pixels. */
export function imagesSection({ properties, pixels, classes, sourceSizes }: Exploration): Html {
  return html`<div class="charts">${properties.map(propertyChart)}</div>
    <h3>By class</h3>
    ${table({
      columns: ["class", ...properties.map(({ name }) => name)],
      rows: classes.map((name, code) => [name, ...properties.map(({ classMeans }) => decimal(classMeans[code] ?? null))]),
    })}
    <p class="note">
      Means. Share of the variance that lies between classes:
      ${properties.map(({ name, etaSquared }) => `${name} ${percent(etaSquared)}`).join(", ")}. Where it is large, a model can
      tell classes without looking at what is shown.
    </p>
    ${sourceSizes && sizesOfFiles(sourceSizes)}
    <h3>Pixel values of the training part</h3>
    ${table({
      columns: ["channel", "mean", "deviation"],
      rows: pixels.channels.map(({ mean, deviation }, channel) => [
        channelName(channel, pixels.channels.length),
        decimal(mean, 4),
        decimal(deviation, 4),
      ]),
    })}
    <p class="note">
      In shares of full scale, as per-channel normalization would use them.
      ${pixels.constantValues > 0 && `${count(pixels.constantValues)} values of an image are the same in every image.`}
    </p>`;
}

function sizesOfFiles({ sides, aspects, distinct, commonest }: SourceSizes): Html {
  return html`<h3>Sizes of the files</h3>
    <div class="charts">
      ${histogram({
        id: "source-sides",
        title: "Size: square root of height times width, pixels before resizing",
        description: "How many image files are of which size.",
        x: { label: "pixels" },
        edges: sides.edges,
        series: [{ name: "images", counts: sides.counts }],
      })}
      ${histogram({
        id: "source-aspects",
        title: "Aspect: width by height before resizing",
        description: "How many image files are of which aspect.",
        x: { label: "width / height" },
        edges: aspects.edges,
        series: [{ name: "images", counts: aspects.counts }],
      })}
    </div>
    ${table({
      columns: ["height × width", "images"],
      rows: commonest.map(({ height, width, images }) => [`${count(height)} × ${count(width)}`, count(images)]),
    })}
    ${distinct > commonest.length && html`<p class="note">The commonest of ${count(distinct)} sizes.</p>`}`;
}

function propertyChart({ name, edges, parts }: ImageProperty): Html {
  return histogram({
    id: `property-${name}`,
    title: `${name.charAt(0).toUpperCase()}${name.slice(1)}: ${meanings[name]}`,
    description: `${parts.map(({ part, mean, deviation }) => `${part}: mean ${compact(mean)}, deviation ${compact(deviation)}`).join("; ")}.`,
    x: { label: name },
    edges,
    series: parts.map(({ part, counts }) => ({ name: part, counts })),
  });
}

function channelName(channel: number, channels: number): string {
  return channels === 3 || channels === 4 ? (["red", "green", "blue", "alpha"][channel] ?? "") : String(channel);
}
