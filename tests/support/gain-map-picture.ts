import sharp from "sharp";

import { jpegSegment, withSegments } from "./jpeg-segments.ts";

const xmpMark = "http://ns.adobe.com/xap/1.0/\0";
const mpfMark = "MPF\0";
const [app1, app2] = [0xe1, 0xe2];

/**
 * A JPEG with a gain map, as phones take photographs for brighter screens ("Ultra HDR"): the picture, the map behind it, and what names both.
 *
 * @see https://developer.android.com/media/platform/hdr-image-format
 * @see CIPA DC-007 (Multi-Picture Format), 5
 */
export async function gainMapPicture(picture: Buffer): Promise<Buffer> {
  const map = await sharp({ create: { height: 12, width: 16, channels: 3, background: "#808080" } })
    .jpeg()
    .toBuffer();
  const gainMap = withSegments(map, xmp('hdrgm:GainMapMin="0" hdrgm:GainMapMax="2" hdrgm:HDRCapacityMax="2"', ""));
  const items = [item("Primary", ""), item("GainMap", `Item:Length="${gainMap.byteLength}"`)].join("");
  const directory = xmp("", `<Container:Directory><rdf:Seq>${items}</rdf:Seq></Container:Directory>`);
  const mpfBytes = 4 + mpfMark.length + 82;
  const pictureBytes = picture.byteLength + directory.byteLength + mpfBytes;
  const offsetsFrom = 2 + directory.byteLength + 4 + mpfMark.length;
  const mpf = mpfSegment({ pictureBytes, gainMapBytes: gainMap.byteLength, gainMapAt: pictureBytes - offsetsFrom });
  return Buffer.concat([withSegments(picture, directory, mpf), gainMap]);
}

function item(semantic: string, length: string): string {
  return `<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="${semantic}" Item:Mime="image/jpeg" ${length}/></rdf:li>`;
}

function xmp(attributes: string, content: string): Buffer {
  const names = [
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"',
    'xmlns:Container="http://ns.google.com/photos/1.0/container/" xmlns:Item="http://ns.google.com/photos/1.0/container/item/"',
  ].join(" ");
  const description = `<rdf:Description hdrgm:Version="1.0" ${attributes}>${content}</rdf:Description>`;
  return jpegSegment(
    app1,
    Buffer.from(`${xmpMark}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF ${names}>${description}</rdf:RDF></x:xmpmeta>`),
  );
}

/** A directory of three entries and the list of both pictures, big-endian. */
function mpfSegment({
  pictureBytes,
  gainMapBytes,
  gainMapAt,
}: Record<"pictureBytes" | "gainMapBytes" | "gainMapAt", number>): Buffer {
  const bytes = Buffer.alloc(82);
  bytes.writeUInt32BE(0x4d4d002a, 0);
  bytes.writeUInt32BE(8, 4);
  bytes.writeUInt16BE(3, 8);
  const entries = [
    { tag: 0xb000, type: 7, count: 4, value: 0x30313030 }, // version "0100"
    { tag: 0xb001, type: 4, count: 1, value: 2 },
    { tag: 0xb002, type: 7, count: 32, value: 50 },
  ];
  for (const [i, { tag, type, count, value }] of entries.entries()) {
    bytes.writeUInt16BE(tag, 10 + 12 * i);
    bytes.writeUInt16BE(type, 12 + 12 * i);
    bytes.writeUInt32BE(count, 14 + 12 * i);
    bytes.writeUInt32BE(value, 18 + 12 * i);
  }
  for (const [i, value] of [0x030000, pictureBytes, 0, 0, 0, gainMapBytes, gainMapAt, 0].entries())
    bytes.writeUInt32BE(value, 50 + 4 * i);
  return jpegSegment(app2, Buffer.concat([Buffer.from(mpfMark, "latin1"), bytes]));
}
