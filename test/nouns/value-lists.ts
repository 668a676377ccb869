import { randomUUID } from "node:crypto";
import type { BadValue } from "../bad-input/field-kinds.ts";
import type { TestNoun } from "./noun.ts";

const bad = (says: string, value: unknown, ...at: (string | number)[]): BadValue => ({ says, value, at });

const items: readonly BadValue[] = [
  bad("none", []),
  bad(
    "1,001 values",
    Array.from({ length: 1001 }, (_, n) => `n${n}.example`),
  ),
  bad("501 characters", ["x".repeat(501)], 0),
  bad("an address", ["a@b.example"], 0),
  bad("a pattern", ["*.example"], 0),
  bad("one that is none beside one that is", ["ok.example", ""], 1),
  bad("a number", [1], 0),
  bad("a text", "a.example"),
];

const name = [bad("an empty name", ""), bad("257 characters", "x".repeat(257)), bad("a number", 1)];
const description = [bad("2,001 characters", "x".repeat(2001)), bad("a number", 1)];

/** A list of domains with one value. */
export const valueLists: TestNoun = {
  dialect: "v3",
  tables: ["value_lists", "value_list_items"],
  absent: { list_id: randomUUID() },
  async furnish({ nylas, name: tenant }) {
    const { data } = await nylas.lists.create({ requestBody: { name: tenant, type: "domain" } });
    await nylas.lists.addItems({ listId: data.id, requestBody: { items: [`${tenant}.listed.example`] } });
    return { list_id: data.id };
  },
  routes: {
    "lists.list": {},
    "lists.find": {},
    "lists.create": {
      body: () => ({ name: "N", type: "domain", description: "D" }),
      fields: { name, description, type: [bad("an unknown one", "ip"), bad("a number", 1)] },
      empty: "name",
    },
    "lists.update": {
      body: () => ({ name: "N", description: "D", type: "domain" }),
      fields: { name, description, type: [bad("another", "tld"), bad("a number", 1)] },
      empty: "accepted",
    },
    "lists.destroy": {},
    "lists.listItems": {},
    "lists.addItems": { body: () => ({ items: ["two.example"] }), fields: { items }, empty: "items" },
    "lists.removeItems": { body: () => ({ items: ["two.example"] }), fields: { items }, empty: "items" },
  },
};
