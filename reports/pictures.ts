import type { Html, HtmlValue } from "./html.ts";
import { html } from "./html.ts";

/** A picture that stands in the page itself. */
export interface Picture {
  /** `data:image/…;base64,…` */
  dataUri: string;
  width: number;
  height: number;
  /** What it shows, for those who do not see it. */
  alt: string;
  caption: HtmlValue;
  /** The same picture explained, shown beside it: its data URI. */
  beside?: string;
  /** Of a row of the data set: its sample's id. */
  sampleId?: string;
}

/** Pictures smaller than this are shown with their pixels, not blurred. */
const pixelatedBelow = 100;

/** Pictures in rows, as many as fit; `strip` packs them closer and leaves no room for captions. */
export function gallery(pictures: readonly Picture[], kind: "captioned" | "strip" = "captioned"): Html {
  return html`<ul class="gallery ${kind}">
    ${pictures.map(item)}
  </ul>`;
}

function item({ dataUri, width, height, alt, caption, beside }: Picture): Html {
  const look = Math.max(width, height) < pixelatedBelow ? "pixelated" : "smooth";
  const image = (source: string, words: string) =>
    html`<img class="${look}" src="${source}" width="${width}" height="${height}" alt="${words}" title="${words}" />`;
  return html`<li>
    ${image(dataUri, alt)}${beside !== undefined && image(beside, `${alt}: where the model sees it`)}${caption}
  </li>`;
}
