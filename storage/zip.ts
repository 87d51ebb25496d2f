import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";

import type { Entry, ZipFile } from "yauzl";
import { openPromise } from "yauzl";

import { InvalidData } from "../ml/errors.ts";
import { lastOfEachPath, memberPath } from "./member-path.ts";

const inflate = promisify(inflateRaw);

/** deflate cannot do better than this; who claims more is lying. */
const largestRatio = 1032;
const largestMemberCount = 5_000_000;
const symbolicLink = 0o120000;
const fileTypeMask = 0o170000;

/** One file in an archive. */
export interface ZipMember {
  path: string;
  sizeBytes: number;
  /** Why it will not be read, or null. */
  refused: string | null;
}

/**
 * A zip archive on local disk, read member by member. Nothing is ever unpacked to disk. Names that lead out of the archive condemn it as a
 * whole; symbolic links, encrypted and oversized members are listed as refused.
 */
export class ZipArchive {
  readonly members: readonly ZipMember[];
  readonly #name: string;
  readonly #zip: ZipFile;
  readonly #file: FileHandle;
  readonly #entries: ReadonlyMap<ZipMember, Entry>;

  private constructor(name: string, zip: ZipFile, file: FileHandle, entries: ReadonlyMap<ZipMember, Entry>) {
    this.#name = name;
    this.#zip = zip;
    this.#file = file;
    this.#entries = entries;
    this.members = [...entries.keys()];
  }

  /**
   * @param name what the source calls it, for messages
   * @param largestMemberBytes larger members are refused
   * @throws {InvalidData} where it is no zip archive, damaged, or hostile
   */
  static async open(path: string, name: string, largestMemberBytes: number): Promise<ZipArchive> {
    let zip: ZipFile | null = null;
    try {
      zip = await openPromise(path, { autoClose: false, lazyEntries: true, strictFileNames: true });
      if (zip.entryCount > largestMemberCount)
        throw new Error(`${zip.entryCount} members; at most ${largestMemberCount} are read`);
      const entries = new Map<ZipMember, Entry>();
      for await (const entry of zip.eachEntry()) {
        if (entry.fileName.endsWith("/")) continue;
        const { fileName, uncompressedSize } = entry;
        entries.set(
          { path: memberPath(fileName), sizeBytes: uncompressedSize, refused: reasonToRefuse(entry, largestMemberBytes) },
          entry,
        );
      }
      return new ZipArchive(name, zip, await open(path), lastOfEachPath(entries));
    } catch (cause) {
      zip?.close();
      throw new InvalidData(`${name} cannot be read as a zip archive: ${(cause as Error).message}; make it again`, { cause });
    }
  }

  /**
   * The bytes of a member, for members that fit into memory.
   * @throws {InvalidData} where they are damaged or not as many as claimed
   */
  async read(member: ZipMember): Promise<Buffer> {
    const entry = this.#entryOf(member);
    try {
      const { fileDataStart } = await this.#zip.readLocalFileHeaderPromise(entry, { minimal: true });
      const packed = Buffer.allocUnsafe(entry.compressedSize);
      const { bytesRead } = await this.#file.read(packed, 0, entry.compressedSize, fileDataStart);
      if (bytesRead !== entry.compressedSize) throw new Error("the archive ends within it");
      const bytes =
        entry.compressionMethod === 0 ? packed : await inflate(packed, { maxOutputLength: Math.max(1, entry.uncompressedSize) });
      if (bytes.length !== entry.uncompressedSize)
        throw new Error(`${entry.uncompressedSize} bytes claimed, ${bytes.length} found`);
      return bytes;
    } catch (cause) {
      throw new InvalidData(`${member.path} in ${this.#name} is damaged: ${(cause as Error).message}`, { cause });
    }
  }

  /** The bytes of a member of any size, in chunks. */
  async *stream(member: ZipMember): AsyncIterable<Buffer> {
    try {
      yield* await this.#zip.openReadStreamPromise(this.#entryOf(member));
    } catch (cause) {
      throw new InvalidData(`${member.path} in ${this.#name} is damaged: ${(cause as Error).message}`, { cause });
    }
  }

  async close(): Promise<void> {
    this.#zip.close();
    await this.#file.close();
  }

  #entryOf(member: ZipMember): Entry {
    const entry = this.#entries.get(member);
    if (!entry || member.refused !== null) {
      throw new InvalidData(`${member.path} in ${this.#name}: ${member.refused ?? "is not a member of this archive"}`);
    }
    return entry;
  }
}

function reasonToRefuse(entry: Entry, largestMemberBytes: number): string | null {
  const { compressedSize, uncompressedSize, compressionMethod, externalFileAttributes } = entry;
  if (((externalFileAttributes >>> 16) & fileTypeMask) === symbolicLink) return "is a symbolic link";
  if (entry.isEncrypted()) return "is encrypted";
  if (compressionMethod !== 0 && compressionMethod !== 8) return `is packed by method ${compressionMethod}; only deflate is read`;
  if (uncompressedSize > largestMemberBytes) return `has ${uncompressedSize} bytes; at most ${largestMemberBytes} are read`;
  if (uncompressedSize > Math.max(compressedSize, 1) * largestRatio)
    return `claims ${uncompressedSize} bytes from ${compressedSize}`;
  return null;
}
