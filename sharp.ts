import { createRequire } from "node:module";
import type sharpFunction from "sharp";

const require = createRequire(import.meta.url);

/**
 * Highway's bits for AVX-512 in its four kinds. Processors that came with it first slow down for everything that follows it, entropy decoding
 * above all: large JPEG take a tenth longer with it than with AVX2, and no picture was found that gains much. The pixels are the same.
 *
 * @see https://www.libvips.org/API/current/func.vector_disable_targets.html
 */
const avx512 = (1 << 4) | (1 << 6) | (1 << 7) | (1 << 8);

// libvips reads it when it is loaded.
process.env["VIPS_VECTOR"] ??= String(avx512);

/** sharp by its CommonJS door: the other one is written in syntax that Node learned in 20.10. */
export const sharp = require("sharp") as typeof sharpFunction;

// For each JPEG it asks first whether there is a gain map for brighter screens, which costs a small one a tenth; the pixels are the same without.
sharp.block({ operation: ["VipsForeignLoadUhdr"] });
