import { type TestNoun, thing } from "./noun.ts";

/** An account, by its address. */
export const calendars: TestNoun = {
  dialect: "v3",
  tables: [],
  absent: { grant_id: "nobody@rookery.localhost" },
  aliases: { grant_id: ["inbox_id"] },
  furnish: async ({ things }) => ({ grant_id: thing(things, "inbox_id") }),
  routes: { "calendars.list": {} },
};
