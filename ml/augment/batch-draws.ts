import { drawLayout, type DrawKind, type DrawLayout } from "./draw-layout.ts";
import { projectiveTransform } from "./projective-transform.ts";
import { sampleDraw, type Draw } from "./sample-draw.ts";
import type { Window } from "./sample-window.ts";
import type { Augmentation } from "./schema.ts";

interface Size {
  height: number;
  width: number;
}

/**
 * What is drawn for some samples in one epoch, as the device takes it.
 *
 * @returns [ids.length × layout.width], see `drawLayout`
 */
export function batchDraws(augmentation: Augmentation, epoch: number, ids: readonly string[], size: Size): Float32Array {
  const layout = drawLayout(augmentation.parameters);
  const numbers = new Float32Array(ids.length * layout.width);
  for (const [row, id] of ids.entries()) {
    numbers.set(numbersOf(sampleDraw(augmentation, epoch, id, size), layout, size), row * layout.width);
  }
  return numbers;
}

/** Which training row is mixed into a sample: any of them, so that it does not depend on what else is in a batch. */
export function partnerRow(augmentation: Augmentation, epoch: number, id: string, rows: Int32Array, size: Size): number {
  return rows[Math.floor(sampleDraw(augmentation, epoch, id, size).partner * rows.length)]!;
}

function numbersOf(draw: Draw, { columns }: DrawLayout, size: Size): number[] {
  return (Object.keys(columns) as DrawKind[]).flatMap((kind) => {
    if (kind === "warp") return projectiveTransform(draw.affine, size);
    if (kind === "noise") return [draw.noiseStart];
    if (kind === "cutout") return edges(draw.cutout);
    if (kind === "mix") return [draw.mix.labelShare, draw.mix.pixelShare, ...edges(draw.mix.window)];
    return [draw[kind]];
  });
}

function edges({ top, left, bottom, right }: Window): number[] {
  return [top, left, bottom, right];
}
