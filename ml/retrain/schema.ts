import { z } from "zod";

export const retrainParametersSchema = z
  .strictObject({
    if: z
      .strictObject({
        dataChanged: z.boolean().optional().describe("files were added, removed or changed since the last training"),
        drift: z
          .number()
          .gt(0)
          .lt(1)
          .optional()
          .describe(
            "the data differs from that of the last training by more than this: the larger of the distance of image properties (Kolmogorov–Smirnov) and the association of label and time (Cramér's V)",
          ),
        olderThan: z
          .string()
          .regex(/^[1-9][0-9]{0,5} ?(m|h|d)$/, "a number of minutes, hours or days: 30m, 72h, 30d")
          .optional()
          .describe("the last training is older than this: 72h, 30d"),
      })
      .refine((conditions) => Object.values(conditions).some((condition) => condition !== undefined && condition !== false), {
        message: "needs a condition: dataChanged, drift or olderThan",
      })
      .describe("a scheduled run trains only if one of these holds; without them, each time"),
  })
  .describe("for schedules: when a run is needed");
export type RetrainParameters = z.infer<typeof retrainParametersSchema>;
