import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

import { InvalidData } from "../ml/errors.ts";

const chunkBytes = 1024 * 1024;

/**
 * A file's bytes in chunks of about 1 MiB, gunzipped where its name ends in `.gz` or `.tgz`.
 *
 * @param name what the source calls it, for messages: the local copy may have any name
 * @throws {InvalidData} where name and content disagree, or compressed bytes are damaged or cut short
 */
export async function* openBytes(path: string, name: string): AsyncIterable<Buffer> {
  const zipped = await beginsLikeGzip(path);
  if (zipped !== /\.t?gz$/i.test(name)) {
    const is = zipped ? "its bytes are compressed by gzip; add .gz to the name" : "it is not compressed by gzip; fetch it again";
    throw new InvalidData(`${name} is not what its name says: ${is}`);
  }
  const file = createReadStream(path, { highWaterMark: chunkBytes });
  if (!zipped) {
    yield* file;
    return;
  }
  // The callback has nothing to do: a failure of either stream ends the loop below with the same error.
  const bytes = pipeline(file, createGunzip({ chunkSize: chunkBytes }), () => {});
  try {
    yield* bytes;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (!code.startsWith("Z_")) throw cause;
    const what = code === "Z_BUF_ERROR" ? "cut short" : "damaged";
    throw new InvalidData(`${name} is ${what}: ${(cause as Error).message}; fetch it again`, { cause });
  }
}

/** The first bytes that {@link openBytes} gives; fewer where there are no more. */
export async function firstBytes(path: string, name: string, count: number): Promise<Buffer> {
  let first = Buffer.alloc(0);
  for await (const chunk of openBytes(path, name)) {
    first = Buffer.concat([first, chunk.subarray(0, count)]);
    if (first.length >= count) break;
  }
  return first.subarray(0, count);
}

async function beginsLikeGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}
