export { sweep } from "./sweep.ts";
export { trainModel } from "./train-model.ts";
