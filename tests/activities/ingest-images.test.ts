import { gzipSync } from "node:zlib";

import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { InvalidConfiguration, InvalidData } from "../../ml/errors.ts";
import type { IngestParameters } from "../../ml/ingest/schema.ts";
import { ingestFiles } from "../support/ingest-files.ts";
import type { TestStage } from "../support/stage-context.ts";
import { testStage } from "../support/stage-context.ts";
import { tarFile } from "../support/tar-file.ts";
import { zipFile } from "../support/zip-file.ts";

let stage: TestStage;
beforeEach(async () => {
  stage = await testStage();
});
afterEach(() => stage.close());

interface PictureOptions {
  height?: number;
  width?: number;
  format?: "png" | "jpeg" | "webp" | "tiff" | "gif";
}

/** A picture of one color, PNG unless said otherwise. */
async function picture(color: string, { height = 2, width = 2, format = "png" }: PictureOptions = {}): Promise<Buffer> {
  return sharp({ create: { height, width, channels: 3, background: color } })
    .toFormat(format)
    .toBuffer();
}

/** A TIFF of 2 × 2 floats of 32 bits, uncompressed. */
function tiff(values: readonly number[]): Buffer {
  const tags = [[256, 2], [257, 2], [258, 32], [259, 1], [262, 1], [273, 8], [277, 1], [278, 2], [279, 16], [339, 3]]; // prettier-ignore
  const bytes = Buffer.alloc(8 + 16 + 2 + 12 * tags.length + 4);
  bytes.write("II*\0", "latin1");
  bytes.writeUInt32LE(24, 4);
  for (const [i, value] of values.entries()) bytes.writeFloatLE(value, 8 + 4 * i);
  bytes.writeUInt16LE(tags.length, 24);
  for (const [i, [tag = 0, value = 0]] of tags.entries()) {
    const at = 26 + 12 * i;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(4, at + 2); // LONG
    bytes.writeUInt32LE(1, at + 4);
    bytes.writeUInt32LE(value, at + 8);
  }
  return bytes;
}

const [red, blue] = [await picture("#ff0000"), await picture("#0000ff")];
const tall = await picture("#ffffff", { height: 8, width: 4 });
const small = { height: 2, width: 2 };

describe("ingesting class folders", () => {
  test("takes classes from folders in alphanumeric order, parts from their parents, ids from paths", async () => {
    const { dataset, samples } = await ingestFiles(stage, {
      "pets/README.md": Buffer.from("# pets"),
      "pets/training_set/dogs/2.png": red,
      "pets/training_set/cats/1.png": blue,
      "pets/test_set/dogs/3.png": red,
      "pets/val/cats/.DS_Store": Buffer.from("junk"),
      "pets/val/cats/4.png": blue,
    });

    expect(dataset).toMatchObject({
      height: 2,
      width: 2,
      channels: 3,
      dtype: "uint8",
      classes: ["cats", "dogs"],
      unreadable: [],
    });
    expect(samples.id).toEqual([
      "pets/test_set/dogs/3.png",
      "pets/training_set/cats/1.png",
      "pets/training_set/dogs/2.png",
      "pets/val/cats/4.png",
    ]);
    expect([...samples.label]).toEqual([1, 0, 1, 0]);
    expect(samples.part).toEqual(["test", "train", "train", "validation"]);
  });

  test("gives the same data set from zip archives as from loose files", async () => {
    const files = { "cats/1.png": blue, "dogs/2.png": red, "dogs/3.png": red };
    const members = Object.entries(files).map(([name, bytes]) => ({ name, bytes }));

    const loose = await ingestFiles(stage, files);
    const zipped = await ingestFiles(stage, { "one.zip": zipFile(members.slice(0, 2)), "two.zip": zipFile(members.slice(2)) });

    expect(zipped.sha256).toBe(loose.sha256);
  });

  test("takes members named ./cats/1.png for what they unpack to, and of two with one name the last", async () => {
    const members = [
      { name: "./dogs/2.png", bytes: blue },
      { name: "./cats/1.png", bytes: blue },
      { name: "dogs/2.png", bytes: red },
    ];
    const loose = await ingestFiles(stage, { "cats/1.png": blue, "dogs/2.png": red });

    expect((await ingestFiles(stage, { "pets.zip": zipFile(members) })).sha256).toBe(loose.sha256);
    expect((await ingestFiles(stage, { "pets.tar": await tarFile(members) })).sha256).toBe(loose.sha256);
  });

  test.each(["pets.tar", "pets.tar.gz", "pets.tgz"])("reads %s as well", async (name) => {
    const tar = await tarFile([
      { name: "dogs/2.png", bytes: red },
      { name: "README.md", bytes: Buffer.from("# pets") },
      { name: "cats/1.png", bytes: blue },
    ]);

    const { samples, pixels } = await ingestFiles(stage, { [name]: name === "pets.tar" ? tar : gzipSync(tar) });

    expect(samples.id).toEqual(["cats/1.png", "dogs/2.png"]);
    expect(pixels.slice(0, 3)).toEqual([0, 0, 255]);
  });

  test("finds groups in paths by a regular expression", async () => {
    const files = { "a/person12_virus_3.png": red, "a/person12_bacteria_4.png": red, "b/IM-0115-0001.png": blue };

    const { samples } = await ingestFiles(stage, files, { reading: { group: "person\\d+|IM-\\d+" } });

    expect(samples.group).toEqual(["person12", "person12", "IM-0115"]);
    await expect(ingestFiles(stage, files, { reading: { group: "person(" } })).rejects.toThrow(InvalidConfiguration);
  });

  test("lists every file that cannot be read with its reason, and fails beyond the share accepted", async () => {
    const files = {
      "a/1.png": red,
      "a/2.png": blue,
      "b/cut.png": (await picture("#00ff00", { height: 64, width: 64 })).subarray(0, 90),
      "b/empty.png": Buffer.alloc(0),
      "b/page.jpg": Buffer.from("<!doctype html>"),
      "b/drawing.png": Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>'),
      "b/phone.heic": Buffer.from("\0\0\0\x18ftypheic"),
      "b/3.png": red,
    };

    const { dataset } = await ingestFiles(stage, files, { parameters: { ...small, maxUnreadableShare: 0.7 } });

    expect(dataset.rowCount).toBe(3);
    expect(dataset.unreadable.map(({ source }) => source)).toEqual([
      "b/cut.png",
      "b/drawing.png",
      "b/empty.png",
      "b/page.jpg",
      "b/phone.heic",
    ]);
    expect(dataset.unreadable.map(({ reason }) => reason)).toEqual([
      "its PNG data are damaged, cut short or packed in a way that is not known",
      "is no JPEG, PNG, WebP, TIFF or GIF: it begins with 3c737667",
      "is empty",
      "is no JPEG, PNG, WebP, TIFF or GIF: it begins with 3c21646f",
      "is no JPEG, PNG, WebP, TIFF or GIF: it begins with 00000018",
    ]);
    await expect(ingestFiles(stage, files, { parameters: small })).rejects.toThrow(
      /5 of 8 images could not be read; ingest\.maxUnreadableShare accepts 0\.01/,
    );
  });

  test("keeps names that would be code or break lines as they are", async () => {
    const { dataset, samples } = await ingestFiles(stage, { "<script>/a\nb.png": red, "=1+1/2.png": blue });

    expect(dataset.classes).toEqual(["<script>", "=1+1"]);
    expect(samples.id).toEqual(["<script>/a\nb.png", "=1+1/2.png"]);
  });

  test("is refused where images differ in size and none is asked for", async () => {
    const files = { "a/1.png": red, "b/2.png": await picture("#fff", { height: 5, width: 3 }) };

    await expect(ingestFiles(stage, files)).rejects.toThrow(
      /differ in size, 2×2 and 5×3 among others.*set ingest\.height and ingest\.width/,
    );
  });

  test("is refused where there is nothing to read, with some of the names", async () => {
    await expect(ingestFiles(stage, { "a.doc": Buffer.from("x") })).rejects.toThrow(
      /holds no images.*received 1 files: "a\.doc"/,
    );
  });
});

describe("decoding", () => {
  test.each(["png", "jpeg", "webp", "tiff", "gif"] as const)("reads %s", async (format) => {
    const { pixels } = await ingestFiles(stage, {
      "a/1": red,
      [`a/1.${format === "jpeg" ? "jpg" : format}`]: await picture("#ff0000", { format }),
    });

    for (const [i, value] of pixels.entries()) expect(Math.abs(value - (i % 3 === 0 ? 255 : 0))).toBeLessThanOrEqual(3);
  });

  test("goes by a file's bytes, and says what it is where its name says another kind", async () => {
    const jpeg = await picture("#0000ff", { format: "jpeg" });

    const { samples } = await ingestFiles(stage, { "a/1.JPEG": jpeg, "a/2.jpg": red, "a/3.png": red, "a/4.bmp": jpeg });

    expect(samples.sourceFiles).toEqual({ orientations: Int32Array.of(1, 1, 1, 1), misnamed: ["", "PNG", "", "JPEG"] });
  });

  test("turns images as their EXIF orientation says", async () => {
    const wide = Buffer.from([255, 0, 0, 0, 0, 255]);
    const upright = await sharp(wide, { raw: { width: 2, height: 1, channels: 3 } })
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer();

    const { dataset, samples, pixels } = await ingestFiles(stage, { "a/1.png": upright });

    expect([dataset.height, dataset.width]).toEqual([2, 1]);
    expect(pixels).toEqual([...wide]);
    expect([...(samples.sourceFiles?.orientations ?? [])]).toEqual([6]);
  });

  test("keeps 16 bits, and grey images at one channel", async () => {
    const values = Uint16Array.of(0, 1000, 30_000, 65_535);
    const deep = await sharp(values, { raw: { width: 2, height: 2, channels: 1 } })
      .toColourspace("grey16")
      .png()
      .toBuffer();

    const { dataset, pixels } = await ingestFiles(stage, { "a/1.png": deep });

    expect(dataset).toMatchObject({ channels: 1, dtype: "uint16" });
    expect(pixels).toEqual([...values]);
  });

  test("widens 8 bits beside 16 by 257, in color as in grey", async () => {
    const deep = await sharp(Uint16Array.of(1, 2, 3), { raw: { width: 1, height: 1, channels: 3 } })
      .toColourspace("rgb16")
      .png()
      .toBuffer();
    const levels = [1, 128, 254];
    const flat = await Promise.all(levels.map((level) => picture(`rgb(${level}, 0, 255)`, { height: 1, width: 1 })));
    const files = Object.fromEntries(flat.map((bytes, i) => [`a/${i}.png`, bytes]));

    const { dataset, pixels } = await ingestFiles(stage, { ...files, "b/deep.png": deep });

    expect(dataset).toMatchObject({ channels: 3, dtype: "uint16" });
    expect(pixels).toEqual([...levels.flatMap((level) => [257 * level, 0, 65_535]), 1, 2, 3]);
  });

  test("refuses TIFF of fractions or 32 bits, which would be clipped to 8 without a word", async () => {
    const files = { "a/1.tif": tiff([0.25, 0.5, 0.75, 1]), "b/2.png": red };

    const { dataset } = await ingestFiles(stage, files, { parameters: { ...small, maxUnreadableShare: 0.5 } });

    expect(dataset.unreadable).toEqual([
      {
        source: "a/1.tif",
        reason: "holds float values; pixels of 8 and 16 bits are read. Convert it, or name a module that reads it: ingest.reader",
      },
    ]);
    await expect(ingestFiles(stage, { "a/1.tif": tiff([0, 0, 0, 1]) })).rejects.toThrow(
      /None of the images looked at first can be read: a\/1\.tif \(holds float values/,
    );
  });

  test("reads palettes, CMYK, and the first frame of an animation, as colors", async () => {
    const palette = await sharp({ create: { ...small, channels: 3, background: "#ff0000" } })
      .png({ palette: true, colors: 2 })
      .toBuffer();
    const cmyk = await sharp({ create: { height: 16, width: 16, channels: 3, background: "#ff0000" } })
      .toColourspace("cmyk")
      .jpeg({ quality: 100 })
      .toBuffer();
    const frames = Buffer.concat([
      Buffer.alloc(12).fill(Buffer.from([255, 0, 0])),
      Buffer.alloc(12).fill(Buffer.from([0, 0, 255])),
    ]);
    const animation = await sharp(frames, { raw: { width: 2, height: 4, channels: 3, pageHeight: 2 } })
      .gif()
      .toBuffer();
    expect((await sharp(palette).metadata()).isPalette).toBe(true);
    expect((await sharp(cmyk).metadata()).space).toBe("cmyk");
    expect((await sharp(animation).metadata()).pages).toBe(2);

    const { dataset, pixels } = await ingestFiles(
      stage,
      { "a/palette.png": palette, "a/cmyk.jpg": cmyk, "a/frames.gif": animation },
      { parameters: small },
    );

    expect(dataset).toMatchObject({ rowCount: 3, channels: 3, unreadable: [] });
    for (const [i, value] of pixels.entries()) expect(Math.abs(value - (i % 3 === 0 ? 255 : 0))).toBeLessThanOrEqual(25);
  });

  test.each(["png", "tiff"] as const)(
    "keeps 16 bits of color in %s, and brings 8-bit images beside them to the same scale",
    async (format) => {
      const values = Uint16Array.of(0, 1000, 30_000, 65_535, 257, 514);
      const deep = await sharp(values, { raw: { width: 2, height: 1, channels: 3 } })
        .toColourspace("rgb16")
        .toFormat(format, format === "tiff" ? { compression: "lzw" } : {})
        .toBuffer();
      const shallow = await sharp(Uint8Array.of(0, 1, 255, 128, 64, 32), { raw: { width: 2, height: 1, channels: 3 } })
        .png()
        .toBuffer();

      const { dataset, pixels } = await ingestFiles(stage, { [`a/1.${format}`]: deep, "b/2.png": shallow });

      expect(dataset).toMatchObject({ channels: 3, dtype: "uint16" });
      expect(pixels.slice(0, 6)).toEqual([...values]);
      // Full scale stays full scale: 255 of 8 bits is 65,535 of 16, within what dropping the lower byte may cost.
      for (const [i, value] of [0, 1, 255, 128, 64, 32].entries())
        expect(Math.abs(pixels[6 + i]! - 257 * value)).toBeLessThan(257);
    },
  );

  test("reads grey and colored X-rays of one set as Kermany's are: 8-bit grey JPEG beside RGB and 16-bit grey", async () => {
    const grey8 = await sharp({ create: { ...small, channels: 3, background: "#808080" } })
      .toColourspace("b-w")
      .jpeg({ quality: 100 })
      .toBuffer();
    const rgb = await picture("#808080", { format: "jpeg" });
    const grey16 = await sharp(
      Uint16Array.from({ length: 4 }, () => 0x8080),
      { raw: { width: 2, height: 2, channels: 1 } },
    )
      .toColourspace("grey16")
      .png()
      .toBuffer();
    expect((await sharp(grey8).metadata()).channels).toBe(1);

    const files = { "NORMAL/1.jpeg": grey8, "PNEUMONIA/2.jpeg": rgb, "PNEUMONIA/3.png": grey16 };
    const mixed = await ingestFiles(stage, files);
    const asGrey = await ingestFiles(stage, files, { parameters: { channels: 1 } });

    expect(mixed.dataset).toMatchObject({ channels: 3, dtype: "uint16", unreadable: [] });
    expect(asGrey.dataset).toMatchObject({ channels: 1, unreadable: [] });
    for (const { pixels } of [mixed, asGrey]) for (const value of pixels) expect(Math.abs(value / 257 - 128)).toBeLessThan(3);
  });

  test.each(["nearest", "linear", "cubic", "mitchell", "lanczos2", "lanczos3"] as const)(
    "enlarges an edge by the kernel %s",
    async (kernel) => {
      const edge = await sharp(Uint8Array.of(0, 0, 255, 255), { raw: { width: 4, height: 1, channels: 1 } })
        .png()
        .toBuffer();

      const { pixels } = await ingestFiles(
        stage,
        { "a/1.png": edge },
        { parameters: { height: 1, width: 16, resize: "stretch", kernel, channels: 1 } },
      );

      // A step, a ramp, or a ramp that overshoots: what tells kernels apart. Ends stay as they are.
      const between = pixels.filter((value) => value > 8 && value < 247).length;
      expect([pixels[0], pixels[15]]).toEqual([0, 255]);
      expect(between === 0).toBe(kernel === "nearest");
      expect(pixels).toEqual([
        ...(await sharp(edge).resize(16, 1, { kernel, fit: "fill" }).toColourspace("b-w").raw().toBuffer()),
      ]);
    },
  );

  test("puts transparency on black and drops the alpha channel", async () => {
    const glass = await sharp({ create: { ...small, channels: 4, background: { r: 255, g: 255, b: 255, alpha: 0 } } })
      .png()
      .toBuffer();

    expect(new Set((await ingestFiles(stage, { "a/1.png": glass })).pixels)).toEqual(new Set([0]));
  });

  const whiteShare = async (parameters: Partial<IngestParameters>) => {
    const { pixels } = await ingestFiles(stage, { "a/1.png": tall }, { parameters: { channels: 1, ...parameters } });
    return pixels.filter((value) => value > 250).length / pixels.length;
  };

  test.each([
    { resize: "stretch", size: [16, 16], share: 1 },
    { resize: "cover", size: [16, 16], share: 1 },
    { resize: "contain", size: [16, 16], share: 0.5 },
    { resize: "pad", size: [16, 16], share: 32 / 256 },
    { resize: "pad", size: [4, 4], share: 0.5 },
    { resize: "auto", size: [16, 16], share: 0.5 },
    { resize: "auto", size: [200, 101], share: 1 },
  ] as const)("brings 8×4 to $size by $resize", async ({ resize, size: [height, width], share }) => {
    expect(await whiteShare({ resize, height, width, kernel: "nearest" })).toBeCloseTo(share, 2);
  });
});

describe("a hostile archive", () => {
  const good = [
    { name: "a/1.png", bytes: red },
    { name: "b/2.png", bytes: blue },
  ];
  const lenient = { parameters: { ...small, maxUnreadableShare: 0.9 } };

  test.each(["../../etc/passwd.png", "/etc/passwd.png", "a\\..\\b.png"])(
    "with the name %s is refused as a whole",
    async (name) => {
      const refusal = await ingestFiles(stage, { "evil.zip": zipFile([...good, { name, bytes: red }]) }, lenient).catch(
        (error: unknown) => error,
      );

      expect(refusal).toBeInstanceOf(InvalidData);
      expect((refusal as Error).message).toMatch(/evil\.zip cannot be read as a zip archive/);
    },
  );

  test.each([
    {
      what: "a symbolic link",
      file: { name: "a/link.png", bytes: Buffer.from("/etc/passwd"), mode: 0o120777 },
      reason: "is a symbolic link",
    },
    {
      what: "a bomb",
      file: { name: "a/bomb.png", bytes: Buffer.alloc(3_000_000), claimedBytes: 100 },
      reason: /damaged: .*(larger than|100)/,
    },
    {
      what: "a member that claims 200 MB",
      file: { name: "a/claim.png", bytes: red, claimedBytes: 200_000_000 },
      reason: /claims 200000000 bytes from \d+/,
    },
    {
      what: "a member that claims 3 GB",
      file: { name: "a/huge.png", bytes: red, claimedBytes: 3_000_000_000 },
      reason: /has 3000000000 bytes; at most 268435456/,
    },
    { what: "another packing", file: { name: "a/lzma.png", bytes: red, method: 14 }, reason: /packed by method 14/ },
    { what: "a picture of 60,000 × 60,000", file: { name: "a/giant.png", bytes: giantPng() }, reason: /pixel limit/i },
  ])("with $what is read without it, and says why", async ({ file, reason }) => {
    const { dataset } = await ingestFiles(stage, { "evil.zip": zipFile([...good, file]) }, lenient);

    expect(dataset.rowCount).toBe(2);
    expect(dataset.unreadable).toEqual([{ source: file.name, reason: expect.stringMatching(reason) }]);
  });

  test("of the tar kind is refused where names lead out, and read without its links and bombs", async () => {
    const escape = await tarFile([{ name: "../a/1.png", bytes: red }]);
    const linked = await tarFile([...good, { name: "a/link.png", bytes: Buffer.alloc(0), linkname: "/etc/passwd" }]);

    await expect(ingestFiles(stage, { "evil.tar": escape })).rejects.toThrow(
      /evil\.tar cannot be read as a tar archive: the name "\.\.\/a\/1\.png" leads out/,
    );
    expect((await ingestFiles(stage, { "evil.tar": linked }, lenient)).dataset.unreadable).toEqual([
      { source: "a/link.png", reason: "is a symlink, not a file" },
    ]);
    await expect(ingestFiles(stage, { "bomb.tgz": gzipSync(Buffer.alloc(90_000_000)) })).rejects.toThrow(
      /bomb\.tgz (unpacks to more than|cannot be read)/,
    );
    await expect(ingestFiles(stage, { "cut.tgz": gzipSync(linked).subarray(0, -20) })).rejects.toThrow(/cut\.tgz is cut short/);
  });

  test("within an archive is not opened, and listed", async () => {
    const inner = zipFile([{ name: "a/3.png", bytes: red }]);

    for (const archive of [
      { "pets.zip": zipFile([...good, { name: "more/inner.zip", bytes: inner }]) },
      { "pets.tar": await tarFile([...good, { name: "more/inner.zip", bytes: inner }]) },
    ]) {
      const { dataset } = await ingestFiles(stage, archive, lenient);
      expect(dataset).toMatchObject({
        rowCount: 2,
        classes: ["a", "b"],
        unreadable: [
          {
            source: "more/inner.zip",
            reason: `is an archive within the archive ${Object.keys(archive)[0]}, which is not opened: unpack it`,
          },
        ],
      });
    }
  });

  test("cut short, or another file under that name, is refused by name", async () => {
    await expect(ingestFiles(stage, { "cut.zip": zipFile(good).subarray(0, 100) })).rejects.toThrow(
      /cut\.zip cannot be read as a zip archive/,
    );
    await expect(ingestFiles(stage, { "page.zip": Buffer.from("<!doctype html>") })).rejects.toThrow(/page\.zip cannot be read/);
  });
});

/** A PNG whose header claims 60,000 × 60,000 pixels; all else is that of a small one. */
function giantPng(): Buffer {
  const bytes = Buffer.from(red);
  bytes.writeUInt32BE(60_000, 16);
  bytes.writeUInt32BE(60_000, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
