import type { FileHandle } from "node:fs/promises";
import { open, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

import { extract } from "tar-stream";

import { InvalidData } from "../ml/errors.ts";
import { lastOfEachPath, memberPath } from "./member-path.ts";
import { openBytes } from "./open-bytes.ts";

/** Pictures hardly shrink; an archive that grows more than this is a bomb. */
const largestGrowth = 100;
const grownBytesAllowed = 64 * 1024 * 1024;

/** One file in an archive. */
export interface TarMember {
  path: string;
  sizeBytes: number;
  /** Why it will not be read, or null. */
  refused: string | null;
}

interface SpoolOptions {
  /** What the source calls it, for messages; `.gz` and `.tgz` are unpacked. */
  name: string;
  /** A file that may be written; members wanted are laid behind each other there. */
  spoolPath: string;
  isWanted: (path: string) => boolean;
  largestMemberBytes: number;
}

/**
 * A tar archive, plain or gzipped. It has no directory, so it is read through once, and the members wanted are laid into one scratch file,
 * never under their own names. Names that lead out of the archive condemn it as a whole; links are listed as refused.
 */
export class TarArchive {
  readonly members: readonly TarMember[];
  readonly #spool: FileHandle;
  readonly #offsets: ReadonlyMap<TarMember, number>;

  private constructor(spool: FileHandle, offsets: ReadonlyMap<TarMember, number>) {
    this.#spool = spool;
    this.#offsets = offsets;
    this.members = [...offsets.keys()];
  }

  /** @throws {InvalidData} where it is no tar archive, damaged, or hostile */
  static async open(path: string, options: SpoolOptions): Promise<TarArchive> {
    const { name, spoolPath } = options;
    const spool = await open(spoolPath, "w+");
    try {
      return new TarArchive(spool, await layOut(path, spool, options));
    } catch (cause) {
      await spool.close();
      throw cause instanceof InvalidData
        ? cause
        : new InvalidData(`${name} cannot be read as a tar archive: ${(cause as Error).message}; make it again`, { cause });
    }
  }

  async read(member: TarMember): Promise<Buffer> {
    const offset = this.#offsets.get(member);
    if (offset === undefined || member.refused !== null)
      throw new InvalidData(`${member.path}: ${member.refused ?? "is not a member"}`);
    const bytes = Buffer.allocUnsafe(member.sizeBytes);
    await this.#spool.read(bytes, 0, bytes.length, offset);
    return bytes;
  }

  async close(): Promise<void> {
    await this.#spool.close();
  }
}

async function layOut(path: string, spool: FileHandle, options: SpoolOptions): Promise<Map<TarMember, number>> {
  const { name, isWanted, largestMemberBytes } = options;
  const { size } = await stat(path);
  const budget = size * largestGrowth + grownBytesAllowed;
  const offsets = new Map<TarMember, number>();
  let written = 0;
  const members = extract();
  const reading = pipeline(withinBudget(openBytes(path, name), budget, name), members);
  const laying = (async () => {
    for await (const entry of members) {
      const { name: given, size: sizeBytes, type } = entry.header;
      refuseEscape(given, name);
      const wanted = memberPath(given);
      const tooLarge = sizeBytes > largestMemberBytes ? `has ${sizeBytes} bytes; at most ${largestMemberBytes} are read` : null;
      const refused = type === "file" || type === "contiguous-file" ? tooLarge : `is a ${type}, not a file`;
      if (type !== "directory" && isWanted(wanted)) offsets.set({ path: wanted, sizeBytes, refused }, written);
      for await (const chunk of entry as AsyncIterable<Buffer>) {
        if (refused !== null || !isWanted(wanted)) continue;
        await spool.write(chunk, 0, chunk.length, written);
        written += chunk.length;
      }
    }
  })();
  await Promise.all([reading, laying]);
  return lastOfEachPath(offsets);
}

export function refuseEscape(path: string, name: string): void {
  if (!path.startsWith("/") && !path.includes("\\") && !path.split("/").includes("..")) return;
  throw new InvalidData(
    `${name} cannot be read as a tar archive: the name ${JSON.stringify(path)} leads out of it; make it again`,
  );
}

async function* withinBudget(chunks: AsyncIterable<Buffer>, budget: number, name: string): AsyncIterable<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > budget)
      throw new InvalidData(`${name} unpacks to more than ${budget} bytes; an archive of pictures does not: it is refused`);
    yield chunk;
  }
}
