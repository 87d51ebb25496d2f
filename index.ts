/** What a project that uses convoy as a package imports from it. */
export { defineCallback, defineLoss, defineModel, defineReader, defineRule } from "./ml/module/define.ts";
