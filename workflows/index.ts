export { trainModel } from "./train-model.ts";
