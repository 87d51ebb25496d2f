import { afterEach, beforeEach, expect, test } from "vitest";

import type { ExploreInputs } from "../../activities/explore.ts";
import { explore } from "../../activities/explore.ts";
import { mediaTypes } from "../../ml/artifact.ts";
import type { Augmentation } from "../../ml/augment/schema.ts";
import { augmentParametersSchema } from "../../ml/augment/schema.ts";
import { explorationSchema } from "../../ml/explore/schema.ts";
import type { RuleResult } from "../../ml/check/schema.ts";
import type { Dataset, Samples } from "../../ml/ingest/schema.ts";
import { randomStream } from "../../ml/random.ts";
import { encodeNpy } from "../../storage/npy.ts";
import { encodeSamples } from "../../storage/tables.ts";
import type { TestStage } from "../support/stage-context.ts";
import { testStage } from "../support/stage-context.ts";

let stage: TestStage;

beforeEach(async () => {
  stage = await testStage();
});

afterEach(() => stage.close());

interface Making {
  shardRows?: number;
  channels?: number;
  dtype?: "uint8" | "uint16";
  classes?: string[];
  results?: RuleResult[];
}

const [rowCount, height, width] = [30, 9, 11];

async function storeInputs({
  shardRows = 30,
  channels = 3,
  dtype = "uint8",
  classes = ["cat", "<script>alert(1)</script>"],
  results = [],
}: Making = {}): Promise<ExploreInputs> {
  const random = randomStream(1, "pixels");
  const size = height * width * channels;
  const values = Array.from({ length: rowCount * size }, () => Math.floor(random() * (dtype === "uint8" ? 256 : 4096)));
  const encode = (own: number[], shape: number[]) =>
    dtype === "uint8"
      ? encodeNpy({ dtype, shape, data: Uint8Array.from(own) })
      : encodeNpy({ dtype, shape, data: Uint16Array.from(own) });
  const shards: Dataset["shards"] = [];
  for (let start = 0; start < rowCount; start += shardRows) {
    const rows = Math.min(shardRows, rowCount - start);
    const bytes = encode(values.slice(start * size, (start + rows) * size), [rows, height, width, channels]);
    shards.push({ ref: await stage.artifacts.put(bytes, mediaTypes.npy), rows });
  }
  const all = Array.from({ length: rowCount }, (_, row) => row);
  const columns: Dataset["columns"] = [
    { name: "age", type: "number" },
    { name: "note", type: "string" },
  ];
  const samples: Samples = {
    id: all.map((row) => `folder/${row}.png`),
    label: Int32Array.from(all, (row) => row % classes.length),
    part: all.map(() => ""),
    group: all.map(() => ""),
    sha256: all.map((row) => `hash-${Math.max(row, 1)}`),
    columns: {
      age: all.map((row) => (row === 3 ? null : row)),
      note: all.map((row) => (row % 3 === 0 ? `"><img src=x>` : "unknown")),
    },
  };
  const dataset: Dataset = {
    formatVersion: 1,
    height,
    width,
    channels,
    dtype,
    classes,
    rowCount,
    shards,
    columns,
    samples: await stage.artifacts.put(encodeSamples(samples, columns), mediaTypes.parquet),
    unreadable: [{ source: "folder/<b>.png", reason: "https://user:swordfish@host/a.png was cut short" }],
    licence: null,
  };
  const augmentation: Augmentation = {
    formatVersion: 1,
    enabled: true,
    seed: 2,
    parameters: augmentParametersSchema.parse({ rotation: 20, shift: 0.1 }),
  };
  const split = Uint8Array.from(all, (row) => (row < 18 ? 0 : row < 24 ? 1 : 2));
  return {
    dataset: await stage.artifacts.putJson(dataset),
    split: await stage.artifacts.put(encodeNpy({ dtype: "uint8", shape: [rowCount], data: split }), mediaTypes.npy),
    augmentation: await stage.artifacts.putJson(augmentation),
    check: await stage.artifacts.putJson({ formatVersion: 1, passed: true, results }),
  };
}

async function exploreStored(making: Making = {}) {
  const inputs = await storeInputs(making);
  const result = await explore({ parameters: { samplesPerClass: 3 }, inputs, seed: 5 }, stage);
  if ("parts" in result) throw new TypeError("explore shares nothing out where no label noise is looked for");
  const page = Buffer.from(await stage.artifacts.get(result.outputs.report)).toString("utf8");
  return { page, result, numbers: await stage.artifacts.getJson(result.outputs.numbers, explorationSchema) };
}

test("writes one page and its numbers", async () => {
  const { page, numbers, result } = await exploreStored();

  expect(result.outputs.report.mediaType).toBe(mediaTypes.html);
  expect(result.summary).toMatchObject({ images: 30, classes: 2, alerts: numbers.alerts.length });
  expect(numbers.balance.parts.map(({ rows }) => rows)).toEqual([18, 6, 6]);
  expect(numbers.duplicates).toMatchObject({ sets: 1, rows: 2, contradicting: 1 });
  expect(page).toContain("Exploration of 30 images in 2 classes");
  // 3 samples, mean and deviation of two classes; four rows of ten extremes; the set of two; the image as it is and 16 epochs.
  expect(page.match(/src="data:image\/png;base64,/g)).toHaveLength(6 + 4 + 40 + 2 + 17);
});

test("gives the same bytes whatever the size of shards", async () => {
  const whole = await exploreStored();
  const cut = await exploreStored({ shardRows: 7 });

  const withoutHash = (page: string) => page.replaceAll(/[0-9a-f]{12,}/g, "");
  expect(cut.numbers).toEqual(whole.numbers);
  expect(withoutHash(cut.page)).toBe(withoutHash(whole.page));
});

test("shows no password of an address that a reason quotes", async () => {
  const { page } = await exploreStored();

  expect(page).toContain("https://***@host/a.png was cut short");
});

test("escapes class names, file names and cells", async () => {
  const { page } = await exploreStored();

  expect(page).not.toMatch(/<script|<img src=x|<b>\.png/);
  expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
});

test("shows examples of what a rule found, and does not say it twice", async () => {
  const result: RuleResult = {
    rule: "exact-duplicates",
    severity: "warn",
    status: "warned",
    value: 0.07,
    threshold: 0.05,
    message: "2 images are equal",
    rowCount: 2,
    rows: [0, 1],
    waiver: null,
  };

  const { page, numbers } = await exploreStored({ results: [result] });

  expect(page).toContain("<h3>Examples of exact-duplicates</h3>");
  expect(numbers.alerts.filter(({ section }) => section === "duplicates")).toEqual([]);
  expect(numbers.alerts).toContainEqual({ severity: "warn", section: "checks", message: "exact-duplicates: 2 images are equal" });
});

test.each([
  { channels: 1, dtype: "uint8" },
  { channels: 4, dtype: "uint8" },
  { channels: 2, dtype: "uint16" },
  { channels: 3, dtype: "uint16" },
] as const)("shows images of $channels channels, $dtype", async (making) => {
  const { numbers, page } = await exploreStored(making);

  expect(numbers.pixels.channels).toHaveLength(making.channels);
  expect(page).not.toMatch(/NaN|undefined/);
});

test("reports how many images it has seen, and stops when it is cancelled", async () => {
  const inputs = await storeInputs({ shardRows: 7 });
  const seen: number[] = [];
  const abort = new AbortController();
  const progress = (done: number) => {
    seen.push(done);
    if (done === 14) abort.abort(new Error("cancelled"));
  };

  const exploring = explore(
    { parameters: { samplesPerClass: 3 }, inputs, seed: 5 },
    { ...stage, progress, signal: abort.signal },
  );

  await expect(exploring).rejects.toThrow("cancelled");
  expect(seen).toEqual([7, 14]);
});

test("refuses a shard that is not of the data set's shape, naming it", async () => {
  const inputs = await storeInputs();
  const dataset = JSON.parse(Buffer.from(await stage.artifacts.get(inputs.dataset)).toString("utf8")) as Dataset;
  const lying = { ...inputs, dataset: await stage.artifacts.putJson({ ...dataset, width: 12 }) };

  const exploring = explore({ parameters: { samplesPerClass: 3 }, inputs: lying, seed: 5 }, stage);

  await expect(exploring).rejects.toThrow(
    /Shard objects.* must be uint8 \[30, 9, 12, 3\], C order; received uint8 \[30, 9, 11, 3\]/,
  );
});
