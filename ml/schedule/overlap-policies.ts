/** What happens when a schedule's next time comes while its last run still goes on; Temporal's own words. */
export const overlapPolicies = ["skip", "bufferOne", "bufferAll", "cancelOther", "terminateOther", "allowAll"] as const;
export type OverlapPolicy = (typeof overlapPolicies)[number];
