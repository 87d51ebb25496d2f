import type { Evaluation } from "../../ml/evaluate/schema.ts";
import { correctionLines } from "../correction-lines.ts";
import { count, percent } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import { gallery } from "../pictures.ts";

/** One wrong answer with its picture. */
export interface Mistake {
  /** `data:image/…;base64,…` */
  dataUri: string;
  /** The same picture with what speaks for the answer in warm colors; absent where the network gives no map. */
  heat?: string;
  /** Pixels of the picture. */
  width: number;
  height: number;
  /** Class codes. */
  truth: number;
  predicted: number;
  probability: number;
  /** The sample's id, where known. */
  id?: string;
}

/** The most confident wrong answers: mislabeled images stand out here first. */
export function worstMistakes(mistakes: readonly Mistake[], { classes, confusion }: Evaluation): Html {
  const hits = confusion.reduce((total, row, code) => total + (row[code] ?? 0), 0);
  const wrong = confusion.flat().reduce((total, value) => total + value, 0) - hits;
  if (mistakes.length === 0) return html`<p>${wrong === 0 ? "There are none." : "No pictures were asked for."}</p>`;
  const name = (code: number) => classes[code] ?? String(code);
  return html`<p class="note">
      The ${count(mistakes.length)} most confident of ${count(wrong)}. Look for labels that are wrong in the
      data.${
        mistakes.some(({ heat }) => heat !== undefined) &&
        html` Beside each picture, warm: where the last feature map speaks for the answer that was given (Grad-CAM). It shows
        where, not why, and coarsely.`
      }
    </p>
    ${gallery(
      mistakes.map(({ dataUri, heat, width, height, truth, predicted, probability, id }) => ({
        dataUri,
        ...(heat === undefined ? {} : { beside: heat }),
        width,
        height,
        alt: `${id ?? "image"}: ${name(truth)}, taken for ${name(predicted)}`,
        caption: html`<strong>${name(truth)}</strong> → ${name(predicted)}<br /><span class="subtitle"
            >${percent(probability)}</span
          >${id && html`<br /><span class="subtitle">${id}</span>`}`,
      })),
    )}
    ${correctionLines(mistakes.flatMap(({ id, predicted }) => (id === undefined ? [] : [{ image: id, action: "relabel", label: name(predicted), reason: "" }])))}`;
}
