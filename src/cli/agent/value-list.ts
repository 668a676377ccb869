/** A value list as `/v3` gives it, and as it is printed. */
import { z } from "zod";
import {
  cellColumns,
  counted,
  dayOf,
  detailsOf,
  minuteOf,
  rfc3339,
  tableOf,
  unlessEmpty,
} from "../output.ts";

export const valueListShape = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().nullish(),
  type: z.string(),
  items_count: z.number(),
  application_id: z.string().nullish(),
  organization_id: z.string().nullish(),
  created_at: z.number().nullish(),
  updated_at: z.number().nullish(),
});
export type ValueList = z.output<typeof valueListShape>;

export const itemShape = z.object({ value: z.string() });

export const valueListJson = (list: ValueList): object => ({
  id: list.id,
  name: list.name,
  ...unlessEmpty("description", list.description),
  type: list.type,
  items_count: list.items_count,
  ...unlessEmpty("application_id", list.application_id),
  ...unlessEmpty("organization_id", list.organization_id),
  ...(typeof list.created_at === "number" && { created_at: rfc3339(list.created_at) }),
  ...(typeof list.updated_at === "number" && { updated_at: rfc3339(list.updated_at) }),
});

export const valueListText = (list: ValueList): string =>
  detailsOf([
    ["ID", list.id],
    ["Name", list.name],
    ["Description", list.description || undefined],
    ["Type", list.type],
    ["Items", list.items_count.toLocaleString("en")],
    ["Created", typeof list.created_at === "number" ? minuteOf(list.created_at) : undefined],
    ["Updated", typeof list.updated_at === "number" ? minuteOf(list.updated_at) : undefined],
  ]);

const TYPE_COLUMNS = 7;
const ITEMS_COLUMNS = 7;
const DAY_COLUMNS = 10;
const NAME_COLUMNS = cellColumns(4) - TYPE_COLUMNS - ITEMS_COLUMNS - DAY_COLUMNS;

export function valueListTable(lists: readonly ValueList[]): string {
  if (lists.length === 0)
    return "There is no list: `rookery agent list create --help` shows how to make one.";
  const table = tableOf(
    [
      ["list, id", NAME_COLUMNS],
      ["type", TYPE_COLUMNS],
      ["items", ITEMS_COLUMNS],
      ["updated", DAY_COLUMNS],
    ],
    lists.map((list) => [
      `${list.name}\n${list.id}`,
      list.type,
      list.items_count.toLocaleString("en"),
      typeof list.updated_at === "number" ? dayOf(list.updated_at) : "",
    ]),
  );
  return `${counted(lists.length, "list")}\n${table}`;
}
