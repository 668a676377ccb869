import { type TestNoun, thing } from "./noun.ts";

/** The inboxes of the tests' second dialect. */
export const boxes: TestNoun = {
  tables: [],
  absent: { box: "nobody@rookery.localhost" },
  furnish: async ({ things }) => ({ box: thing(things, "inbox_id") }),
  routes: {
    "boxes.get": {},
    "boxes.put": { body: () => ({ label: "Two" }), fields: { label: "displayName" }, empty: "label" },
  },
};
