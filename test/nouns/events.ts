import type { TestNoun } from "./noun.ts";

/** Events of the tenant's messages, which others bring. */
export const events: TestNoun = {
  dialect: "v0",
  tables: ["events"],
  absent: {},
  routes: { "events.list": {} },
};
