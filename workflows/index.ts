export { sweep } from "./sweep.ts";
export { retrain } from "./retrain.ts";
export { trainModel } from "./train-model.ts";
