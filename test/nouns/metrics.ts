import type { TestNoun } from "./noun.ts";

/** Numbers of what the other nouns bring. */
export const metrics: TestNoun = {
  dialect: "v0",
  tables: [],
  absent: {},
  routes: {
    "metrics.queryEvents": {},
    "metrics.queryUsage": {},
    "metrics.queryRates": {},
    "metrics.query": {},
  },
};
