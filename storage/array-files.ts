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
  chunks: () => AsyncIterable<Buffer>;
  /** The whole array, in memory. */
  decode(): Promise<NpyArray>;
}

interface ArraysToOpen {
  paths: readonly string[];
  /** Where files are on this machine, by their path in the source. */
  files: { localPath(path: string): Promise<string>; describe(path: string): { sizeBytes: number } };
  /** Which arrays are wanted, of all their names; the others are not opened, whatever they hold. */
  pick?: (names: readonly string[]) => readonly string[];
}

/** An array that may be opened. */
interface ListedArray extends Pick<ArrayFile, "name" | "chunks"> {
  sizeBytes: number;
  read: () => Promise<Buffer>;
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
  { paths, files, pick = (names) => names }: ArraysToOpen,
  make: (opened: OpenArrays) => Promise<Made>,
): Promise<Made> {
  const archives: ZipArchive[] = [];
  const close = async () => {
    for (const archive of archives) await archive.close();
  };
  try {
    const listed: ListedArray[] = [];
    for (const path of paths) {
      const local = await files.localPath(path);
      if (/\.npz$/i.test(path)) {
        const archive = await ZipArchive.open(local, path, largestMemberBytes);
        archives.push(archive);
        listed.push(...listMembers(archive, path));
      } else {
        const { sizeBytes } = files.describe(path);
        listed.push({ name: path, sizeBytes, chunks: () => createReadStream(local), read: () => readFile(local) });
      }
    }
    const picked = new Set(pick(listed.map(({ name }) => name)));
    const arrays: ArrayFile[] = [];
    for (const array of listed) if (picked.has(array.name)) arrays.push(await openArray(array));
    return await make({ arrays, close });
  } catch (error) {
    await close();
    throw error;
  }
}

function listMembers(archive: ZipArchive, path: string): ListedArray[] {
  return archive.members
    .filter((member) => member.path.endsWith(".npy"))
    .map((member) => ({
      name: `${member.path} in ${path}`,
      sizeBytes: member.sizeBytes,
      chunks: () => archive.stream(member),
      read: () => archive.read(member),
    }));
}

async function openArray({ name, sizeBytes, chunks, read }: ListedArray): Promise<ArrayFile> {
  let first: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks()) {
    first = Buffer.concat([first, chunk]).subarray(0, headerBytes);
    if (first.length === headerBytes) break;
  }
  const header = parseNpyHeader(first, name);
  checkNpySize(header, sizeBytes, name);
  return { name, header, chunks, decode: async () => decodeNpy(await read(), name) };
}
