import { InvalidConfiguration } from "../errors.ts";
import type { AugmentParameters } from "./schema.ts";

/** @throws {InvalidConfiguration} if colors are to be changed that the images do not have */
export function checkChannels({ saturation, hue }: AugmentParameters, channels: number): void {
  const [named] = Object.entries({ saturation, hue }).find(([, value]) => value !== undefined) ?? [];
  if (named === undefined || channels === 3) return;
  throw new InvalidConfiguration(
    `augment.${named} takes images with three channels (red, green, blue); received ${channels}. Leave it out, or set ingest.channels: 3`,
  );
}
