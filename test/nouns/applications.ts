import type { TestNoun } from "./noun.ts";

export const applications: TestNoun = {
  dialect: "v3",
  tables: [],
  absent: {},
  routes: { "applications.getDetails": {} },
};
