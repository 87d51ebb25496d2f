import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

import { extract, pack } from "tar-stream";
import { z } from "zod";

import { InvalidData } from "../ml/errors.ts";
import { hashFile, objectKey } from "./artifact-store.ts";
import { openBytes } from "./open-bytes.ts";
import { refuseEscape } from "./tar.ts";

const memberSchema = z.strictObject({
  /** As in the bucket: `objects/…`, or below `runs/<run id>/`. */
  path: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.int().nonnegative(),
  mediaType: z.string(),
});
export type ArchiveMember = z.infer<typeof memberSchema>;

/** `manifest.json`, the archive's first member: what else is in it, each with its hash. */
const manifestSchema = z.strictObject({
  formatVersion: z.literal(1),
  runId: z.string().regex(/^[0-9a-z]{1,40}$/),
  members: z.array(memberSchema),
});
type ArchiveManifest = z.infer<typeof manifestSchema>;

const manifestName = "manifest.json";
const largestManifestBytes = 512 * 1024 * 1024;

/** Where the bytes of a member are: a local file, or at hand. */
export type MemberBytes = string | Uint8Array;

/**
 * Writes one file that holds a run: its manifest, then every member, gzipped. Equal runs give equal bytes. The file appears under its
 * name when it is complete.
 */
export async function writeRunArchive(
  path: string,
  { runId, members }: Omit<ArchiveManifest, "formatVersion">,
  bytesOf: (member: ArchiveMember) => Promise<MemberBytes>,
): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  const archive = pack();
  // Pictures are compressed already: more effort would only take longer.
  const written = pipeline(archive, createGzip({ level: 1 }), createWriteStream(partial, { flags: "wx" }));
  try {
    await Promise.race([written, fill(archive, { formatVersion: 1, runId, members }, bytesOf)]);
    await written;
    await rename(partial, path);
  } catch (error) {
    archive.destroy();
    await written.catch(() => undefined); // it ends with the same error
    throw error;
  } finally {
    await rm(partial, { force: true });
  }
}

async function fill(
  archive: ReturnType<typeof pack>,
  manifest: ArchiveManifest,
  bytesOf: (member: ArchiveMember) => Promise<MemberBytes>,
): Promise<void> {
  const mtime = new Date(0);
  archive.entry({ name: manifestName, mtime }, `${JSON.stringify(manifest, null, 1)}\n`);
  for (const member of manifest.members) {
    const bytes = await bytesOf(member);
    const header = { name: member.path, size: member.sizeBytes, mtime };
    if (typeof bytes === "string") await pipeline(createReadStream(bytes), archive.entry(header));
    else archive.entry(header, Buffer.from(bytes));
  }
  archive.finalize();
}

/**
 * Reads such a file through, in bounded memory: each member is laid into a scratch file, checked against its hash, and given to `take`.
 *
 * @returns the run's id
 * @throws {InvalidData} where it is no such archive, or a member is missing, foreign or not what its hash says
 */
export async function readRunArchive(
  path: string,
  { name, scratchPath }: { name: string; scratchPath: string },
  take: (member: ArchiveMember, scratchPath: string) => Promise<void>,
): Promise<string> {
  const members = extract();
  const reading = pipeline(openBytes(path, name), members);
  try {
    const [runId] = await Promise.all([takeMembers(members, { name, scratchPath }, take), reading]);
    return runId;
  } catch (cause) {
    members.destroy();
    await reading.catch(() => undefined); // it ends with the same error
    if (!isUnreadable(cause)) throw cause;
    throw new InvalidData(`${name} cannot be read as an archive of a run: ${cause.message}; copy or export it again`, { cause });
  }
}

/** What tar-stream says of bytes that are no archive, or end too early; errors of ours, of the disk and of the store have names. */
function isUnreadable(cause: unknown): cause is Error {
  return cause instanceof Error && cause.name === "Error" && !("code" in cause && cause.code !== "ERR_STREAM_PREMATURE_CLOSE");
}

async function takeMembers(
  members: ReturnType<typeof extract>,
  { name, scratchPath }: { name: string; scratchPath: string },
  take: (member: ArchiveMember, scratchPath: string) => Promise<void>,
): Promise<string> {
  let manifest: ArchiveManifest | null = null;
  const expected = new Map<string, ArchiveMember>();
  for await (const entry of members) {
    const { name: path, size } = entry.header;
    if (manifest === null) {
      manifest = await readManifest(entry as AsyncIterable<Buffer>, { path, size, name });
      for (const member of manifest.members) expected.set(member.path, checkPlace(member, manifest, name));
      continue;
    }
    const member = expected.get(path);
    if (member?.sizeBytes !== size) throw new InvalidData(`${name}: ${path} is not what its manifest lists; export it again`);
    await pipeline(entry as AsyncIterable<Buffer>, createWriteStream(scratchPath));
    if ((await hashFile(scratchPath)) !== member.sha256)
      throw new InvalidData(
        `${name}: ${path} is damaged: its bytes are not those of its sha256 ${member.sha256}; export it again`,
      );
    await take(member, scratchPath);
    expected.delete(path);
  }
  const [missing] = expected.keys();
  if (manifest === null || missing !== undefined)
    throw new InvalidData(`${name} is incomplete: ${missing ?? manifestName} is missing; copy or export it again`);
  return manifest.runId;
}

async function readManifest(
  entry: AsyncIterable<Buffer>,
  { path, size, name }: { path: string; size: number; name: string },
): Promise<ArchiveManifest> {
  const refuse = (why: string, options?: ErrorOptions) =>
    new InvalidData(`${name} is not an archive of a run: ${why}; such files are made by convoy export`, options);
  if (path !== manifestName || size > largestManifestBytes) throw refuse(`it begins with ${path}, not with ${manifestName}`);
  const chunks: Buffer[] = [];
  for await (const chunk of entry) chunks.push(chunk);
  try {
    return manifestSchema.parse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
  } catch (cause) {
    throw refuse(`its manifest cannot be read (${(cause as Error).message})`, { cause });
  }
}

/** Members go to their own places in the bucket and nowhere else. */
function checkPlace(member: ArchiveMember, { runId }: ArchiveManifest, name: string): ArchiveMember {
  refuseEscape(member.path, name);
  if (member.path === objectKey(member.sha256) || member.path.startsWith(`runs/${runId}/`)) return member;
  throw new InvalidData(`${name}: ${member.path} has no place in a run's archive; such files are made by convoy export`);
}
