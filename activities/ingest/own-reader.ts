import { InvalidData, ModuleFailed } from "../../ml/errors.ts";
import type { ReadImage } from "../../ml/module/definitions.ts";
import type { ModuleReference } from "../../ml/module/schema.ts";
import type { ArtifactStore } from "../../storage/artifact-store.ts";
import { loadModule } from "../../storage/load-module.ts";
import { sharp } from "../../sharp.ts";

/** Decodes files that convoy does not know, by a module of the user's own. */
export interface OwnReader {
  readonly reads: (path: string) => boolean;
  /**
   * @returns the image as an uncompressed PNG, which then goes the way of all images
   * @throws {InvalidData} with the module's reason
   */
  read(bytes: Uint8Array, path: string): Promise<Buffer>;
}

export async function loadReader(reference: ModuleReference | undefined, artifacts: ArtifactStore): Promise<OwnReader | null> {
  if (reference === undefined) return null;
  const { file, definition, call } = await loadModule("reader", reference, artifacts);
  const endings = definition.extensions.map((extension) => extension.toLowerCase());
  return {
    reads: (path) => endings.some((ending) => path.toLowerCase().endsWith(ending)),
    async read(bytes, path) {
      try {
        return await asPng(file, await call("read", () => definition.read(bytes, path)));
      } catch (cause) {
        if (!(cause instanceof ModuleFailed)) throw cause;
        throw new InvalidData(cause.message, { cause });
      }
    },
  };
}

async function asPng(file: string, { height, width, channels, pixels }: ReadImage): Promise<Buffer> {
  const expected = height * width * channels;
  if (pixels.length !== expected)
    throw new InvalidData(`${file} gave ${pixels.length} values for ${height}×${width}×${channels}; ${expected} were expected`);
  const raw = sharp(pixels, { raw: { height, width, channels } });
  const deep = pixels instanceof Uint16Array ? raw.toColourspace(channels === 1 ? "grey16" : "rgb16") : raw;
  return deep.png({ compressionLevel: 0 }).toBuffer();
}
