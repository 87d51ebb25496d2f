import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";

import type { NpyArray, NpyHeader } from "../../storage/npy.ts";
import { checkNpySize, decodeNpy, parseNpyHeader } from "../../storage/npy.ts";
import type { SourceFiles } from "../../storage/source-files.ts";
import { ZipArchive } from "../../storage/zip.ts";

/** A member is streamed, never held: this bounds only what a header may claim. */
const largestMemberBytes = 2 ** 43;
const headerBytes = 65_536;

/** One array of a source: an npy file, or a member of an npz archive. */
export interface ArrayFile {
  /** Member and file, for pairing and messages: `x_train in mnist.npz`. */
  name: string;
  header: NpyHeader;
  chunks(): AsyncIterable<Buffer>;
  /** The whole array, in memory. */
  decode(): Promise<NpyArray>;
}

/** Opens arrays by their headers and checks that claims and sizes agree, before any memory is taken. */
export async function openArrayFiles(
  paths: readonly string[],
  files: SourceFiles,
): Promise<{ arrays: ArrayFile[]; close: () => Promise<void> }> {
  const archives: ZipArchive[] = [];
  const arrays: ArrayFile[] = [];
  for (const path of paths) {
    const local = await files.localPath(path);
    if (!/\.npz$/i.test(path)) {
      arrays.push(
        await openArray(
          path,
          files.describe(path).sizeBytes,
          () => createReadStream(local),
          () => readFile(local),
        ),
      );
      continue;
    }
    const archive = await ZipArchive.open(local, path, largestMemberBytes);
    archives.push(archive);
    for (const member of archive.members.filter((found) => found.path.endsWith(".npy"))) {
      const name = `${member.path} in ${path}`;
      arrays.push(
        await openArray(
          name,
          member.sizeBytes,
          () => archive.stream(member),
          () => archive.read(member),
        ),
      );
    }
  }
  return {
    arrays,
    close: async () => {
      for (const archive of archives) await archive.close();
    },
  };
}

async function openArray(
  name: string,
  sizeBytes: number,
  chunks: () => AsyncIterable<Buffer>,
  read: () => Promise<Buffer>,
): Promise<ArrayFile> {
  let first: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks()) {
    first = Buffer.concat([first, chunk]).subarray(0, headerBytes);
    if (first.length === headerBytes) break;
  }
  const header = parseNpyHeader(first, name);
  checkNpySize(header, sizeBytes, name);
  return { name, header, chunks, decode: async () => decodeNpy(await read(), name) };
}
