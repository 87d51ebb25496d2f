import { pack } from "tar-stream";

/** Bytes of a tar archive; with `linkname` the member is a symbolic link. */
export async function tarFile(files: readonly { name: string; bytes: Buffer; linkname?: string }[]): Promise<Buffer> {
  const archive = pack();
  for (const { name, bytes, linkname } of files) {
    if (linkname === undefined) archive.entry({ name }, bytes);
    else archive.entry({ name, type: "symlink", linkname });
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
