import type { Dataset } from "../../ml/ingest/schema.ts";
import type { NetworkSummary } from "../../ml/model/summary.ts";
import { count, dash } from "../format.ts";
import type { Html } from "../html.ts";
import { html } from "../html.ts";
import { facts, table } from "../table.ts";

/** What the model learned from and was measured on. */
export interface DatasetFacts {
  name: string;
  classes: readonly string[];
  rows: number;
  splitSizes: { train: number; validation: number; test: number };
  /** Rows by part and class code, where known. */
  perClass?: { train: readonly number[]; validation: readonly number[]; test: readonly number[] };
  /** Hash of the data set. */
  sha256: string;
  licence?: string | null;
  /** e.g. "28 × 28 × 1, uint8". */
  shape?: string;
  /** The test part by content, and how many runs were tested on it by then, this one among them. */
  testSet?: { sha256: string; uses: number };
  /** What people corrected, each with its reason. */
  corrections?: NonNullable<Dataset["corrections"]>;
}

export function dataCard(dataset: DatasetFacts): Html {
  const { splitSizes, perClass, classes, corrections = [] } = dataset;
  return html`${facts([
    ["Data set", dataset.name],
    ["Images", count(dataset.rows)],
    ...(dataset.shape ? [["Shape", dataset.shape] as const] : []),
    ["Train", count(splitSizes.train)],
    ["Validation", count(splitSizes.validation)],
    ["Test", count(splitSizes.test)],
    ...(dataset.testSet ? [["Test part used", usesText(dataset.testSet.uses)] as const] : []),
    ["Licence", dataset.licence ?? "not stated"],
    ["sha256", dataset.sha256],
  ])}
  ${
    perClass &&
    html`<details>
      <summary>Images by class and part</summary>
      ${table({
        columns: ["class", "train", "validation", "test"],
        rows: classes.map((name, code) => [
          name,
          ...[perClass.train, perClass.validation, perClass.test].map((part) => count(part[code] ?? null)),
        ]),
      })}
    </details>`
  }
  ${
    corrections.length > 0 &&
    html`<details>
      <summary>${correctionsText(corrections)}</summary>
      ${table({
        columns: ["image", "correction", "reason"],
        rows: corrections.map(({ image, label, reason }) => [image, label === null ? "left out" : `is ${label}`, reason]),
      })}
    </details>`
  }`;
}

/** Whoever looks at a test part again and again chooses by it. */
export function usesText(uses: number): string {
  return uses <= 1 ? "by this run alone so far" : `by ${count(uses)} runs so far: the more, the less it is untouched`;
}

/** How much people corrected, in a few words. */
export function correctionsText(corrections: NonNullable<Dataset["corrections"]>): string {
  const excluded = corrections.filter(({ action }) => action === "exclude").length;
  return `Corrected by people: ${count(excluded)} images left out, ${count(corrections.length - excluded)} given another class`;
}

/** Layers with their shapes and parameters, as Keras' `summary()` lists them. */
export function layerTable(summary: NetworkSummary): Html {
  const { layers, parameterCount, trainableCount, nonTrainableCount } = summary;
  return html`${table({
      columns: ["layer", "type", "output shape", "parameters"],
      rows: layers.map((layer) => [layer.name, layer.type, layer.outputShape.join(" × ") || dash, count(layer.parameterCount)]),
    })}
    <p class="note">
      ${count(parameterCount)} parameters, ${count(trainableCount)} of them trainable, ${count(nonTrainableCount)} not.
    </p>`;
}

export interface Provenance {
  runId: string;
  pipelineName: string;
  seed: number;
  environment: Readonly<Record<string, string>>;
}

/** What is needed to do it again, and what may change a bit. */
export function reproduction({ runId, pipelineName, seed, environment }: Provenance): Html {
  return html`${facts([
      ["Run", html`<code>${runId}</code>`],
      ["Pipeline", pipelineName],
      ["Seed", String(seed)],
    ])}
    <p>The run's record holds the whole pipeline, every default written out, the data by hash and the code:</p>
    <pre class="code">convoy show ${runId} --json</pre>
    ${
      Object.keys(environment).length > 0 &&
      html`<p>Same pipeline, data, seed and environment give the same bits:</p>
        ${table({ columns: ["environment", "value"], rows: Object.entries(environment) })}`
    }`;
}
