import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { initPipeline } from "../../client/init-pipeline.ts";
import { loadPipelineFile } from "../../client/pipeline-file.ts";
import { encodeNpy } from "../../storage/npy.ts";
import { runCommand, testTerminal } from "../support/run-command.ts";
import { referenceData } from "../support/reference-subsets.ts";
import { zipFile } from "../support/zip-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convoy-init-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#808080" } })
    .png()
    .toBuffer();

async function classFolders(classes: Record<string, number>): Promise<void> {
  for (const [name, count] of Object.entries(classes)) {
    await mkdir(join(folder, "My Photos", name), { recursive: true });
    for (let i = 0; i < count; i++) await writeFile(join(folder, "My Photos", name, `${i}.png`), await picture(40, 30));
  }
}

test("writes a commented file that is a pipeline as it stands, named after the data", async () => {
  await classFolders({ "cats: #1": 3, "<b>dogs</b>": 18 });

  const { file } = await initPipeline({ data: "My Photos", folder });

  const text = await readFile(join(folder, file), "utf8");
  const { pipeline } = await loadPipelineFile(file, { folder });
  expect(file).toBe("my-photos.yaml");
  expect(text).toMatch(/^# Written by convoy init/);
  expect(pipeline).toMatchObject({
    name: "my-photos",
    dataset: { path: "My Photos" },
    ingest: { height: 30, width: 40 },
    train: { classWeights: "sqrt", monitor: "balancedAccuracy" },
  });
});

test("says which classes the check will stop a run for", async () => {
  await classFolders({ "few\nones": 1, many: 10 });

  const { file } = await initPipeline({ data: "My Photos", folder });

  const text = await readFile(join(folder, file), "utf8");
  expect(text).toContain("# Too few images to learn from: few ones (1). The check stops a run with classes of fewer than\n# 10:");
  expect((await loadPipelineFile(file, { folder })).pipeline.name).toBe("my-photos");
});

test("says which files are not read for their names, and counts images of kinds that ingest lists as unreadable", async () => {
  await classFolders({ cats: 10, dogs: 10 });
  await writeFile(join(folder, "My Photos", "cats", "notes.txt"), "x");
  await writeFile(join(folder, "My Photos", "dogs", "phone.HEIC"), "x");

  const { file, guessed } = await initPipeline({ data: "My Photos", folder });

  expect(guessed.classCounts).toEqual({ cats: 10, dogs: 11 });
  expect(await readFile(join(folder, file), "utf8")).toContain('# Not read, by their names: 1 files, "cats/notes.txt"\n');
});

test("names a pipeline after data whose name has other letters", async () => {
  for (const label of ["a", "b"]) {
    await mkdir(join(folder, "Bilder \u00e9t\u00e9", label), { recursive: true });
    await writeFile(join(folder, "Bilder \u00e9t\u00e9", label, "1.png"), await picture(4, 4));
  }

  expect((await initPipeline({ data: "Bilder \u00e9t\u00e9", folder })).file).toBe("bilder-ete.yaml");
});

test("tells of tables in archives and damaged ones, which may be what says the classes", async () => {
  const bytes = await picture(10, 20);
  const members = ["img/1.png", "img/2.png"].map((name) => ({ name, bytes }));
  await mkdir(join(folder, "set"));
  await writeFile(
    join(folder, "set", "all.zip"),
    zipFile([...members, { name: "labels.csv", bytes: Buffer.from("id,dx\n1,a\n") }]),
  );
  await writeFile(join(folder, "set", "meta.csv"), Buffer.from("id,dx\n1,\u00e4\n", "latin1"));

  await expect(initPipeline({ data: "set", folder })).rejects.toThrow(
    /no classes.*; meta\.csv cannot be read as a table: .*; labels\.csv in all\.zip is a table in an archive, where none is read: unpack it$/,
  );
  await writeFile(join(folder, "set", "more.zip"), zipFile([{ name: "scans/3.png", bytes }]));
  const { file } = await initPipeline({ data: "set", folder });
  expect(await readFile(join(folder, file), "utf8")).toContain(
    "# Not read: labels.csv in all.zip is a table in an archive, where none is read: unpack it\n",
  );
});

test("looks into archives, and takes one as the data itself", async () => {
  const bytes = await picture(10, 20);
  const files = ["ill/1.png", "ill/2.png", "well/1.png"].map((name) => ({ name, bytes }));
  await writeFile(join(folder, "set.zip"), zipFile(files));

  const { guessed } = await initPipeline({ data: "set.zip", folder, output: "x.yaml" });

  expect(guessed).toEqual({
    layout: "folders",
    classCounts: { ill: 2, well: 1 },
    parts: "none",
    size: { height: 20, width: 10 },
  });
});

test("says at once, in ingest's words, that arrays are of a kind that is not read", async () => {
  const images = encodeNpy({ dtype: "bool", shape: [3, 2, 2], data: new Uint8Array(12) });
  const labels = encodeNpy({ dtype: "uint8", shape: [3], data: new Uint8Array(3) });
  await writeFile(
    join(folder, "set.npz"),
    zipFile(Object.entries({ images, labels }).map(([name, bytes]) => ({ name: `${name}.npy`, bytes }))),
  );

  await expect(initPipeline({ data: "set.npz", folder })).rejects.toThrow(
    "images.npy in set.npz: images are numbers; received bool. Save them as uint8, times 255",
  );
  expect(existsSync(join(folder, "set-npz.yaml"))).toBe(false);
});

test("never writes over a file", async () => {
  await classFolders({ a: 1, b: 1 });
  await writeFile(join(folder, "my-photos.yaml"), "mine");

  await expect(initPipeline({ data: "My Photos", folder })).rejects.toThrow(/my-photos\.yaml exists already.*--output/);
  expect(await readFile(join(folder, "my-photos.yaml"), "utf8")).toBe("mine");
});

test("of the command prints the file alone on stdout, and what to do next on stderr", async () => {
  await classFolders({ a: 2, b: 2 });
  const terminal = () => testTerminal({ folder });

  const plain = await runCommand(["init", "My Photos"], { terminal: terminal() });
  const json = await runCommand(["init", "My Photos", "-o", "b.yaml", "--json"], { terminal: terminal() });
  const absent = await runCommand(["init", "nowhere"], { terminal: terminal() });

  expect(plain).toMatchObject({ code: 0, stdout: "my-photos.yaml\n" });
  expect(plain.stderr).toContain("convoy run my-photos.yaml --smoke");
  expect(JSON.parse(json.stdout)).toMatchObject({ file: "b.yaml", guessed: { layout: "folders" } });
  expect(absent.code).not.toBe(0);
  expect(absent.stderr).toContain("does not exist");
});

describe.skipIf(!existsSync(referenceData))("real data (skipped, because ../shared/data is absent, where it is)", () => {
  test.each([
    ["mnist", { layout: "idx", parts: "given" }],
    ["fashion-mnist", { layout: "idx", parts: "given" }],
    ["kmnist", { layout: "arrays" }],
    ["cats_dogs", { layout: "folders", parts: "given", classCounts: { cats: 400, dogs: 400 } }],
    ["chest_xray", { layout: "folders", parts: "given, but groups straddle them", size: { height: 128, width: 128 } }],
    [
      "ham10000",
      {
        layout: "table",
        images: "HAM10000_images_part_*.zip",
        table: "HAM10000_metadata.csv",
        key: "image_id",
        label: "dx",
        group: "lesion_id",
        forbidden: [{ column: "dx_type" }],
        size: { height: 96, width: 128 },
      },
    ],
  ])("%s is recognized", async (name, expected) => {
    const { guessed } = await initPipeline({ data: join(referenceData, name), folder });

    expect(guessed).toMatchObject(expected);
  });
});
