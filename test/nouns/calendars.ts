import type { TestNoun } from "./noun.ts";

export const calendars: TestNoun = {
  dialect: "v3",
  tables: [],
  absent: {},
  routes: { "calendars.list": {} },
};
