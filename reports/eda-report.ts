import type { Augmentation } from "../ml/augment/schema.ts";
import type { Exploration } from "../ml/explore/schema.ts";
import type { Dataset, Samples } from "../ml/ingest/schema.ts";
import { balanceSection } from "./exploration/balance.ts";
import { columnsSection } from "./exploration/columns.ts";
import { checksSection, driftSection, unreadableFiles } from "./exploration/findings.ts";
import type { ExplorationPictures } from "./exploration/galleries.ts";
import {
  augmentationSection,
  classImagesSection,
  duplicatesSection,
  labelNoiseSection,
  ruleExamples,
  extremesSection,
  samplesSection,
} from "./exploration/galleries.ts";
import { imagesSection } from "./exploration/images.ts";
import { mapSection } from "./exploration/map.ts";
import { overview } from "./exploration/overview.ts";
import { count } from "./format.ts";
import type { Html } from "./html.ts";
import { html } from "./html.ts";
import { page } from "./page.ts";
import { facts } from "./table.ts";

export interface EdaReport {
  exploration: Exploration;
  dataset: Dataset;
  /** Hash of the data set. */
  sha256: string;
  augmentation: Augmentation;
  seed: number;
  samples: Pick<Samples, "id" | "label">;
  pictures: ExplorationPictures;
  /** Columns by which the classes are shown; null = all that allow it. */
  by: readonly string[] | null;
}

/** What a data set looks like, as a page: what to worry about first. Depends on the data and the seed alone, so any run may show it. */
export function edaReport({ exploration, dataset, sha256, augmentation, seed, samples, pictures, by }: EdaReport): string {
  return page({
    title: `Exploration of ${count(dataset.rowCount)} images in ${count(dataset.classes.length)} classes`,
    subtitle: html`Data <code>${sha256.slice(0, 12)}</code>, seed ${seed}`,
    summary: overview(exploration, dataset),
    sections: [
      { id: "balance", title: "Balance", body: balanceSection(exploration) },
      { id: "samples", title: "Samples", body: samplesSection(pictures) },
      { id: "class-images", title: "Classes at a glance", body: classImagesSection(pictures) },
      { id: "images", title: "Images", body: imagesSection(exploration) },
      { id: "map", title: "Map", body: mapSection(exploration, samples) },
      { id: "extremes", title: "Extremes", body: extremesSection(pictures) },
      { id: "columns", title: "Columns", body: columnsSection(exploration, by) },
      { id: "duplicates", title: "Duplicates", body: duplicatesSection(pictures, exploration.duplicates) },
      ...(exploration.labelNoise
        ? [{ id: "label-noise", title: "Labels that look wrong", body: labelNoiseSection(pictures, exploration.labelNoise) }]
        : []),
      { id: "drift", title: "Drift and leaks", body: driftSection(exploration.comparisons) },
      {
        id: "checks",
        title: "Checks",
        body: html`${checksSection(exploration.check)}${
          dataset.unreadable.length > 0 &&
          html`<h3>Files that could not be used</h3>
            ${unreadableFiles(dataset)}`
        }${ruleExamples(pictures)}`,
      },
      {
        id: "augmentation",
        title: "Augmentation",
        body: html`${augmentationSection(pictures)}${augmentationFacts(augmentation)}`,
      },
      { id: "reproduction", title: "How to do it again", body: reproduction(sha256, seed) },
    ],
    footer: "Made by convoy. This page needs no network and runs no script.",
  });
}

function augmentationFacts({ enabled, parameters }: Augmentation): Html | null {
  if (!enabled) return null;
  return facts(Object.entries(parameters).map(([name, value]) => [name, String(value)] as const));
}

function reproduction(sha256: string, seed: number): Html {
  return html`<p>
      Equal data, split, seed and settings give this page again, byte for byte. Its numbers stand in the explore stage's JSON.
    </p>
    ${facts([["Seed", String(seed)]])}
    <p class="note">Data <code>${sha256}</code></p>`;
}
