import { InvalidConfiguration } from "../../ml/errors.ts";
import type { IngestParameters } from "../../ml/ingest/schema.ts";

/** Arrays of pixels are taken as they are; another size asked for is a mistake, not a wish to ignore. */
export function refuseResizing(size: { height: number; width: number }, { height, width }: IngestParameters): void {
  if ((height ?? size.height) === size.height && (width ?? size.width) === size.width) return;
  throw new InvalidConfiguration(
    `ingest.height and ingest.width ask for ${height ?? size.height}×${width ?? size.width}, but arrays are taken as they are and these hold ` +
      `${size.height}×${size.width}; leave both out, or give the images as files`,
  );
}
