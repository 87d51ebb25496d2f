import { z } from "zod";

export const exploreParametersSchema = z.strictObject({
  samplesPerClass: z.int().min(1).max(50).default(8).describe("sample images shown per class"),
});
export type ExploreParameters = z.infer<typeof exploreParametersSchema>;
