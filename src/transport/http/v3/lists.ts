/** Lists of values: domains, top-level domains or addresses, which rules name (nylas 2.3). */
import { z } from "@hono/zod-openapi";
import {
  addListItems,
  createValueList,
  deleteValueList,
  getValueList,
  listListItems,
  listValueLists,
  removeListItems,
  updateValueList,
} from "../../../domain/guardrails/value-lists/index.ts";
import { noun } from "../dialect/dialect.ts";
import { fromWire } from "../dialect/naming.ts";
import { type Params, route } from "../dialect/route.ts";
import { dataOf, dataSchema, done, doneSchema, pageOf, pageSchema } from "./answers.ts";
import { cursorFields, cursorRequest } from "./pages.ts";
import { sample } from "./shapes/sample.ts";
import {
  createListBody,
  itemsBody,
  listItem,
  toListItem,
  toValueList,
  updateListBody,
  valueList,
} from "./shapes/value-list.ts";

const named = ({ list_id: id = "" }: Params) => ({ id });
const one = dataSchema("ListResponse", valueList);
const seen =
  "A key of a workspace or an account sees the lists that rules of its workspace name, and changes none.";

export const lists = noun({
  name: "lists",
  title: "Lists",
  about: "Many domains, top-level domains or addresses under one id, for conditions of rules to name.",
  parameters: { list_id: { description: "The list.", example: sample.id } },
  routes: [
    route({
      method: "get",
      path: "/v3/lists",
      name: "lists.list",
      summary: "List the lists",
      description: `The lists, newest first. ${seen}`,
      query: z.object(cursorFields()),
      does: listValueLists,
      input: ({ query }) => cursorRequest(query),
      answer: pageSchema("ListsResponse", valueList),
      present: (page) => pageOf(page, toValueList),
    }),
    route({
      method: "post",
      path: "/v3/lists",
      name: "lists.create",
      summary: "Make a list",
      description: "Makes an empty list of one type of values.",
      body: createListBody,
      does: createValueList,
      input: ({ body }) => fromWire(body),
      status: 201,
      answer: one,
      present: (list) => dataOf(toValueList(list)),
    }),
    route({
      method: "get",
      path: "/v3/lists/{list_id}",
      name: "lists.find",
      summary: "Get a list",
      description: `One list without its items. ${seen}`,
      does: getValueList,
      input: ({ params }) => named(params),
      answer: one,
      present: (list) => dataOf(toValueList(list)),
    }),
    route({
      method: "put",
      path: "/v3/lists/{list_id}",
      name: "lists.update",
      summary: "Change a list",
      description: "Changes its name or description; what is absent stays. Its type cannot be changed.",
      body: updateListBody,
      does: updateValueList,
      input: ({ params, body }) => ({ ...named(params), ...fromWire(body) }),
      answer: one,
      present: (list) => dataOf(toValueList(list)),
    }),
    route({
      method: "delete",
      path: "/v3/lists/{list_id}",
      name: "lists.destroy",
      summary: "Delete a list",
      description: "Deletes the list with its items. Conditions that name it match nothing from then on.",
      does: deleteValueList,
      input: ({ params }) => named(params),
      answer: doneSchema,
      present: done,
    }),
    route({
      method: "get",
      path: "/v3/lists/{list_id}/items",
      name: "lists.listItems",
      summary: "List the items of a list",
      description: "The values of the list by their text.",
      query: z.object(cursorFields(["text"])),
      does: listListItems,
      input: ({ params, query }) => ({
        ...named(params),
        page: { ...cursorRequest(query), ascending: true },
      }),
      answer: pageSchema("ListItemsResponse", listItem),
      present: (page) => pageOf(page, toListItem),
    }),
    route({
      method: "post",
      path: "/v3/lists/{list_id}/items",
      name: "lists.addItems",
      summary: "Put values on a list",
      description:
        "Puts values on the list, in their normal form: lower case, domains in their xn-- form, without a leading @ or dot. Those that are on it already are passed over; one that cannot be of the list's type refuses them all. Rules see the change with the next message.",
      body: itemsBody,
      does: addListItems,
      input: ({ params, body }) => ({ ...named(params), ...body }),
      answer: one,
      present: (list) => dataOf(toValueList(list)),
    }),
    route({
      method: "delete",
      path: "/v3/lists/{list_id}/items",
      name: "lists.removeItems",
      summary: "Take values off a list",
      description: "Takes values off the list; those that are not on it are passed over.",
      body: itemsBody,
      does: removeListItems,
      input: ({ params, body }) => ({ ...named(params), ...body }),
      answer: one,
      present: (list) => dataOf(toValueList(list)),
    }),
  ],
});
