import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";

import type { NpyArray, NpyHeader } from "./npy.ts";
import { checkNpySize, decodeNpy, parseNpyHeader } from "./npy.ts";
import { ZipArchive } from "./zip.ts";

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

/** Where arrays' files are on this machine, by their path in the source. */
export interface LocalFiles {
  localPath(path: string): Promise<string>;
  describe(path: string): { sizeBytes: number };
}

export interface OpenArrays {
  arrays: ArrayFile[];
  close: () => Promise<void>;
}

/**
 * Opens arrays by their headers, checks that claims and sizes agree before any memory is taken, and makes something of them. Where that
 * fails, what was opened is closed.
 */
export async function withArrayFiles<Made>(
  paths: readonly string[],
  files: LocalFiles,
  make: (opened: OpenArrays) => Promise<Made>,
): Promise<Made> {
  const archives: ZipArchive[] = [];
  const close = async () => {
    for (const archive of archives) await archive.close();
  };
  try {
    const arrays: ArrayFile[] = [];
    for (const path of paths) {
      const local = await files.localPath(path);
      if (/\.npz$/i.test(path)) {
        const archive = await ZipArchive.open(local, path, largestMemberBytes);
        archives.push(archive);
        arrays.push(...(await openMembers(archive, path)));
      } else {
        const { sizeBytes } = files.describe(path);
        arrays.push(
          await openArray(
            path,
            sizeBytes,
            () => createReadStream(local),
            () => readFile(local),
          ),
        );
      }
    }
    return await make({ arrays, close });
  } catch (error) {
    await close();
    throw error;
  }
}

async function openMembers(archive: ZipArchive, path: string): Promise<ArrayFile[]> {
  const arrays: ArrayFile[] = [];
  for (const member of archive.members.filter((found) => found.path.endsWith(".npy"))) {
    arrays.push(
      await openArray(
        `${member.path} in ${path}`,
        member.sizeBytes,
        () => archive.stream(member),
        () => archive.read(member),
      ),
    );
  }
  return arrays;
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
