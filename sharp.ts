import { createRequire } from "node:module";
import type sharpFunction from "sharp";

const require = createRequire(import.meta.url);

/** sharp by its CommonJS door: the other one is written in syntax that Node learned in 20.10. */
export const sharp = require("sharp") as typeof sharpFunction;

// For each JPEG it asks first whether there is a gain map for brighter screens, which costs a small one a tenth; the pixels are the same without.
sharp.block({ operation: ["VipsForeignLoadUhdr"] });
