import Table from "cli-table3";
import { expect, test } from "vitest";
import { tableOf } from "./output.ts";

const columns = [
  ["id", 6],
  ["name", 10],
] as const;

/** As the library draws them all at once. */
function whole(rows: readonly (readonly string[])[], compact: boolean): string {
  const table = new Table({
    head: columns.map(([title]) => title),
    colWidths: columns.map(([, width]) => width + 2),
    style: { head: [], border: [], compact },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

test.each([0, 1, 2, 250])("a table of %i rows looks as the library's do", (count) => {
  const flat = Array.from({ length: count }, (_, index) => [`${index}`, "name"]);
  expect(tableOf(columns, flat)).toBe(whole(flat, true));
  const tall = flat.map(([id = "", name = ""]) => [`${id}\n.`, name]);
  expect(tableOf(columns, tall)).toBe(whole(tall, count === 0));
});

test("a table of all inboxes of a large installation ends: its time does not grow with the square of its rows", () => {
  const rows = Array.from({ length: 100_000 }, (_, index) => [`${index}`, "name\nid"]);
  expect(tableOf(columns, rows).split("\n")).toHaveLength(3 * rows.length + 3);
});

test("wide characters, and those of several code points, are whole and in their columns", () => {
  const table = tableOf(columns, [
    ["1", "日本語の件名です"],
    ["e\u0301", "👩‍👩‍👧 ok"],
  ]);
  expect(table).toBe(
    [
      "┌────────┬────────────┐",
      "│ id     │ name       │",
      "├────────┼────────────┤",
      "│ 1      │ 日本語の件 │",
      "│        │ 名です     │",
      "├────────┼────────────┤",
      "│ e\u0301      │ 👩‍👩‍👧 ok      │",
      "└────────┴────────────┘",
    ].join("\n"),
  );
});
