/** Lists of values that rules name, and their items (nylas 3.7). */
import { z } from "@hono/zod-openapi";
import type { ListItem, ValueList } from "../../../../domain/guardrails/value-lists/index.ts";
import {
  MAX_LIST_ITEMS_REQUEST,
  MAX_VALUE_LIST_ITEMS,
} from "../../../../domain/guardrails/value-lists/limits.ts";
import { MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, MAX_RULE_VALUE_LENGTH } from "../../../../domain/limits.ts";
import { applicationIds } from "./application-ids.ts";
import { present, seconds, wire } from "./common.ts";
import { sample } from "./sample.ts";

const name = z
  .string()
  .openapi({ description: `1 to ${MAX_NAME_LENGTH} characters.`, example: "Known spammers" });
const description = z
  .string()
  .openapi({ description: `For people to read; ${MAX_DESCRIPTION_LENGTH} characters at most.` });
const type = z.string().openapi({
  description:
    "What its values are: domain, tld (the last label of a domain) or address. It never changes: rules rely on it.",
  example: "domain",
});

export const valueList = z
  .object({
    id: z.uuid().openapi({ description: "Id of the list.", example: sample.id }),
    name,
    description: description.optional(),
    type,
    items_count: z.int().openapi({ description: "How many values are on it.", example: 2 }),
    ...applicationIds,
    created_at: seconds("When it was made."),
    updated_at: seconds("When it or its items last changed."),
  })
  .openapi("List", { title: "List of values" });

export const listItem = z
  .object({
    id: z.string().openapi({ description: "Id of the item.", example: sample.id }),
    list_id: z.uuid().openapi({ description: "The list it is on.", example: sample.id }),
    value: z.string().openapi({ description: "In its normal form.", example: "spam.example" }),
    created_at: seconds("When it was put on the list."),
  })
  .openapi("ListItem", { title: "Item of a list" });

export const createListBody = z
  .object({ name, type, description: description.optional() })
  .openapi("CreateListRequest", {
    title: "List to make",
    example: { name: "Known spammers", type: "domain" },
  });

export const updateListBody = z
  .object({ name: name.optional(), description: description.nullable().optional(), type: type.optional() })
  .openapi("UpdateListRequest", { title: "Changes of a list", example: { name: "Spammers" } });

export const itemsBody = z
  .object({
    items: z.array(z.string()).openapi({
      description: `1 to ${MAX_LIST_ITEMS_REQUEST} values of ${MAX_RULE_VALUE_LENGTH} characters at most, in any case and script. A list has ${MAX_VALUE_LIST_ITEMS} at most.`,
      example: ["spam.example"],
    }),
  })
  .openapi("ListItemsRequest", { title: "Values of a list", example: { items: ["spam.example"] } });

export const toValueList = (list: ValueList): Record<string, unknown> =>
  present({
    ...wire(list, ["id", "name", "description", "type", "itemsCount"]),
    application_id: list.organizationId,
    ...wire(list, ["organizationId", "createdAt", "updatedAt"]),
  });

export const toListItem = (item: ListItem): Record<string, unknown> =>
  wire(item, ["id", "listId", "value", "createdAt"]);
