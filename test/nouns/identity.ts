import type { TestNoun } from "./noun.ts";

export const identity: TestNoun = {
  dialect: "v0",
  tables: ["organizations"],
  absent: {},
  routes: { "auth.me": {}, "organizations.get": {}, "organizations.pause": {}, "organizations.resume": {} },
};
