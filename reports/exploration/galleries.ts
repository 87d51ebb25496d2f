import type { LabelNoise } from "../../ml/check/label-noise/schema.ts";
import type { CorrectionLine } from "../correction-lines.ts";
import { correctionLines } from "../correction-lines.ts";
import { count } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import type { Picture } from "../pictures.ts";
import { gallery } from "../pictures.ts";

/** All pictures of the page, ready to be shown. */
export interface ExplorationPictures {
  classes: readonly {
    name: string;
    rows: number;
    samples: readonly Picture[];
    /** Absent where the class has no rows, or there are too many classes to follow each. */
    mean?: Picture;
    deviation?: Picture;
  }[];
  /** Classes not shown. */
  hiddenClasses: number;
  /** Darkest, brightest, flattest, most blurred. */
  extremes: readonly { title: string; pictures: readonly Picture[] }[];
  /** Examples of the rows that rules found fault with. */
  rules: readonly { title: string; pictures: readonly Picture[] }[];
  /** Images whose label looks wrong, the most so first; empty where nobody asked for them. */
  labelNoise: readonly Picture[];
  /** Sets of identical images. */
  duplicates: readonly (readonly Picture[])[];
  /** The first is the image as it is, the others as training sees it in as many epochs; empty without augmentation. */
  augmentation: readonly Picture[];
}

export function samplesSection({ classes, hiddenClasses }: ExplorationPictures): Html {
  return html`<p class="note">
      Training images, drawn by the
      seed.${hiddenClasses > 0 && ` The largest ${classes.length} classes; ${count(hiddenClasses)} more are not shown.`}
    </p>
    ${classes.map(
      ({ name, rows, samples }) =>
        html`<h3>${name} <span class="note">${count(rows)} images</span></h3>
          ${samples.length === 0 ? html`<p class="note">None.</p>` : gallery(samples, "strip")}`,
    )}`;
}

export function classImagesSection({ classes }: ExplorationPictures): Html {
  const followed = classes.flatMap(({ mean, deviation }) => (mean && deviation ? [{ mean, deviation }] : []));
  return html`<h3>Mean image</h3>
    ${gallery(followed.map(({ mean }) => mean))}
    <h3>Deviation image</h3>
    ${gallery(followed.map(({ deviation }) => deviation))}
    <p class="note">Where a class varies it is bright; the brightest value stands for the largest deviation of any class.</p>`;
}

export function extremesSection({ extremes }: ExplorationPictures): Html {
  return html`${extremes.map(
    ({ title, pictures }) =>
      html`<h3>${title}</h3>
        ${gallery(pictures, "strip")} ${correctionLines(exclusions(pictures, title.toLowerCase()))}`,
  )}`;
}

export function ruleExamples({ rules }: Pick<ExplorationPictures, "rules">): Html {
  return html`${rules.map(
    ({ title, pictures }) =>
      html`<h3>Examples of ${title}</h3>
        ${gallery(pictures)} ${correctionLines(exclusions(pictures, title))}`,
  )}`;
}

export function duplicatesSection(
  pictures: ExplorationPictures,
  { sets, rows, contradicting }: { sets: number; rows: number; contradicting: number },
): Html {
  if (sets === 0) return html`<p>No two images have the same pixels.</p>`;
  const shown = pictures.duplicates.length < sets ? ` The first ${pictures.duplicates.length} sets:` : "";
  return html`<p>
      ${count(rows)} images in ${count(sets)} sets have the same pixels; ${count(contradicting)} sets contradict each other in
      their labels.${shown}
    </p>
    ${pictures.duplicates.map(
      (set, i) =>
        html`<h3>Set ${i + 1}</h3>
          ${gallery(set)}`,
    )}
    ${correctionLines(pictures.duplicates.flatMap(([first, ...others]) => exclusions(others, `same pixels as ${first?.sampleId}`)))}`;
}

function exclusions(pictures: readonly Picture[], reason: string): CorrectionLine[] {
  return pictures.flatMap(({ sampleId }) => (sampleId === undefined ? [] : [{ image: sampleId, action: "exclude", reason }]));
}

export function augmentationSection({ augmentation }: ExplorationPictures): Html {
  if (augmentation.length === 0) return html`<p>Training sees images as they are: no augmentation.</p>`;
  return html`${gallery(augmentation)}
    <p class="note">One training image and what training sees of it, an epoch each; the very draws of this seed.</p>`;
}

/** What a model that never saw an image would call it instead: suggestions, to be looked at by people. */
export function labelNoiseSection({ labelNoise: pictures }: ExplorationPictures, found: LabelNoise): Html {
  if (found.found === 0) return html`<p>None of ${count(found.asked)} labels looks wrong.</p>`;
  return html`<p>
      ${count(found.found)} of ${count(found.asked)} labels look wrong to models of the train part that never saw the image, the
      most so first. The number is the probability of the class it is said to be. These are suggestions: nothing was changed.
    </p>
    <p class="note">
      Correct labels of test and validation images for what you see in them, once, before models are compared: a test without the
      images that models find hard is too easy.
    </p>
    ${gallery(pictures)} ${correctionLines(found.suggestions.slice(0, pictures.length).map(relabeling))}
    ${pictures.length < found.found && html`<p class="note">The first ${pictures.length}; the explore stage's JSON lists more.</p>`}`;
}

function relabeling({ id, suggested }: LabelNoise["suggestions"][number]): CorrectionLine {
  return { image: id, action: "relabel", label: suggested, reason: "" };
}
