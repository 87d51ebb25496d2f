import type { LayerParameters, Layers } from "../schema.ts";

type Inference = Exclude<LayerParameters, { output: unknown }>;

/**
 * Layers of a pipeline file as a base has them: without head and dropout, and without the flatten and dense layers at their end.
 * @param whole keeps these
 */
export function inferenceLayers(layers: Layers, whole: boolean): Inference[] {
  const kept = layers
    .filter((layer): layer is Inference => typeof layer === "string" || !("output" in layer))
    .flatMap(withoutDropout);
  while (!whole && kept.length > 0 && isTop(kept.at(-1)!)) kept.pop();
  const last = kept.at(-1);
  if (!whole && typeof last === "object" && "architecture" in last) kept[kept.length - 1] = { ...last, top: false };
  return kept;
}

function withoutDropout(layer: Inference): Inference[] {
  if (typeof layer === "string" || !("dropout" in layer)) return [layer];
  const { dropout: _dropout, ...rest } = layer;
  // A layer of its own has nothing else but a name.
  return Object.keys(rest).some((key) => key !== "name") ? [rest as Inference] : [];
}

function isTop(layer: Inference): boolean {
  return layer === "flatten" || (typeof layer === "object" && "dense" in layer);
}
