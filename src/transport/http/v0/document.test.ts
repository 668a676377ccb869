/** The API document as its readers take it: people, and programs that write clients from it. */

import { expect, test } from "vitest";
import type { z } from "zod";
import { eventTypes, uncausedTypes } from "../../../domain/door/events.ts";
import { documentOf } from "../dialect/document.ts";
import { v0, v0Routes } from "./index.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Node = { readonly [name: string]: Json };

// Cast: the document is JSON, and is looked at as that.
const document = JSON.parse(JSON.stringify(documentOf(v0, "0.0.0"))) as Node;

const isNode = (value: Json | undefined): value is Node =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const nodeAt = (value: Json | undefined): Node => (isNode(value) ? value : {});
const listAt = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const textAt = (value: Json | undefined): string => (typeof value === "string" ? value : "");

/** Everything in the document, with the way to it. */
function* walk(value: Json, at = "#"): Generator<{ at: string; value: Json }> {
  yield { at, value };
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* walk(item, `${at}/${index}`);
  else if (isNode(value))
    // Examples are data: what they hold is no part of the document's own grammar.
    for (const [name, member] of Object.entries(value))
      if (name !== "example")
        yield* walk(member, `${at}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`);
}

function find(reference: string): Json | undefined {
  let found: Json | undefined = document;
  for (const part of reference.split("/").slice(1))
    found = nodeAt(found)[part.replaceAll("~1", "/").replaceAll("~0", "~")];
  return found;
}

/** Answers of an operation, also those that stand among the components. */
const answersOf = (operation: Node): readonly (readonly [status: string, answer: Node])[] =>
  Object.entries(nodeAt(operation["responses"])).map(([status, answer]) => {
    const reference = nodeAt(answer)["$ref"];
    return [status, nodeAt(reference === undefined ? answer : find(textAt(reference)))];
  });

const schemas = nodeAt(nodeAt(document["components"])["schemas"]);
const operations = Object.entries(nodeAt(document["paths"])).flatMap(([path, methods]) =>
  Object.entries(nodeAt(methods)).map(([method, operation]) => ({
    path,
    method,
    operation: nodeAt(operation),
    id: textAt(nodeAt(operation)["operationId"]),
  })),
);

/** A description says something of its own: it ends like a sentence, and is more than the name again. */
const isDescription = (text: string, name: string): boolean =>
  /[.:]$/.test(text) && text.replaceAll(/\W/g, "").toLowerCase() !== name.replaceAll("_", "");

/** A field that is a named schema says what it is for beside the reference. */
const descriptionOf = (schema: Node): string =>
  textAt(schema["description"]) ||
  listAt(schema["allOf"])
    .map((part) => textAt(nodeAt(part)["description"]))
    .join("");

test("every field of every request and answer says what it is", () => {
  const fields = [...walk(document)].flatMap(({ at, value }) =>
    /\/properties\/[^/]+$/.test(at) && isNode(value) ? [{ at, value }] : [],
  );
  expect(fields.length).toBeGreaterThan(200);
  const silent = fields.filter(
    ({ at, value }) => !isDescription(descriptionOf(value), at.split("/").at(-1) ?? ""),
  );
  expect(silent.map(({ at }) => at)).toEqual([]);
});

test("every named schema has a title for people, and each name stands for one schema", () => {
  const untitled = Object.entries(schemas).filter(([, schema]) => textAt(nodeAt(schema)["title"]) === "");
  expect(untitled.map(([name]) => name)).toEqual([]);
  expect(Object.keys(schemas).length).toBeGreaterThan(40);
});

test("every route says what it does, who may call it, and what its parameters, body and answers are", () => {
  const silent = operations.flatMap(({ id, operation }) => {
    const named = listAt(operation["parameters"]).map((parameter): [string, Json | undefined] => {
      const { name, description } = nodeAt(parameter);
      return [`parameter ${textAt(name)}`, description];
    });
    const answers = answersOf(operation).map(([status, answer]): [string, Json | undefined] => [
      `answer ${status}`,
      answer["description"],
    ]);
    const body = operation["requestBody"];
    const bodies: [string, Json | undefined][] =
      body === undefined ? [] : [["body", nodeAt(body)["description"]]];
    const places: readonly [string, Json | undefined][] = [
      ["description", operation["description"]],
      ...named,
      ...bodies,
      ...answers,
    ];
    return [
      ...(textAt(operation["summary"]) === "" ? [`${id} summary`] : []),
      ...(/[Kk]eys?\b.* may call it/.test(textAt(operation["description"])) ? [] : [`${id} callers`]),
      ...places
        .filter(([place, text]) => !isDescription(textAt(text), place.split(" ").at(-1) ?? ""))
        .map(([place]) => `${id} ${place}`),
    ];
  });
  expect(silent).toEqual([]);
});

test("no text is made of what is none", () => {
  const texts = operations.flatMap(({ id, operation }) => [
    `${id}: ${textAt(operation["summary"])}`,
    `${id}: ${textAt(operation["description"])}`,
  ]);
  expect(texts.filter((text) => /\[object|undefined/.test(text))).toEqual([]);
});

test("no two routes of one resource have the same summary", () => {
  const summaries = operations.map(({ operation }) => textAt(operation["summary"]));
  expect(summaries.filter((summary, index) => summaries.indexOf(summary) !== index)).toEqual([]);
});

test("what takes or gives one of a closed list of values lists them", () => {
  const fields = [...walk(document)].filter(({ at }) => at.endsWith("/properties/event_types"));
  expect(fields.length).toBeGreaterThanOrEqual(3);
  for (const { at, value } of fields) {
    const items = nodeAt(nodeAt(value)["items"]);
    const type = nodeAt(items["$ref"] === undefined ? items : find(textAt(items["$ref"])));
    expect(type["enum"], at).toEqual([...eventTypes, ...uncausedTypes]);
    for (const name of eventTypes) expect(textAt(type["description"]), at).toContain(`${name}: `);
  }
  const lists = [...walk(document)].filter(({ value }) => isNode(value) && value["type"] === "array");
  expect(lists.filter(({ value }) => nodeAt(value)["items"] === undefined).map(({ at }) => at)).toEqual([]);
});

test("every reference leads somewhere, and every named schema is referred to", () => {
  const references = [...walk(document)].flatMap(({ at, value }) =>
    at.endsWith("/$ref") ? [textAt(value)] : [],
  );
  expect(references.filter((reference) => find(reference) === undefined)).toEqual([]);
  const unused = Object.keys(schemas).filter((name) => !references.includes(`#/components/schemas/${name}`));
  expect(unused).toEqual([]);
});

test("operations have ids of their own, declare each parameter of their path once, and their security", () => {
  expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
  expect(listAt(document["servers"])).not.toEqual([]);
  const schemes = Object.keys(nodeAt(nodeAt(document["components"])["securitySchemes"]));
  for (const { id, path, operation } of operations) {
    const parameters = listAt(operation["parameters"]).map(nodeAt);
    const inPath = parameters.filter((parameter) => parameter["in"] === "path");
    expect(
      inPath.map((parameter) => textAt(parameter["name"])),
      id,
    ).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    for (const parameter of inPath) expect(parameter["required"], id).toBe(true);
    const keys = parameters.map((parameter) => `${textAt(parameter["in"])} ${textAt(parameter["name"])}`);
    expect(new Set(keys).size, id).toBe(keys.length);
    for (const parameter of parameters) expect(isNode(parameter["schema"]), id).toBe(true);
    const security = listAt(operation["security"]).flatMap((one) => Object.keys(nodeAt(one)));
    const isOpen = v0Routes.some((route) => route.name === id && route.newcomer !== null);
    expect(security, id).toEqual(isOpen ? [] : schemes);
    for (const tag of listAt(operation["tags"]))
      expect(
        listAt(document["tags"]).map((known) => nodeAt(known)["name"]),
        id,
      ).toContain(tag);
  }
});

test("every operation has one good answer, or two where it may repeat another, with a schema unless it has no body; one that is always refused has that", () => {
  for (const { id, operation } of operations) {
    const responses = Object.fromEntries(answersOf(operation));
    const good = Object.keys(responses).filter((status) => /^2\d\d$/.test(status));
    const { refused = null, mayRepeat = false } = v0Routes.find(({ name }) => name === id) ?? {};
    // A create that may have been made before has an answer for that.
    const succeeds = mayRepeat ? 2 : 1;
    expect(good, id).toHaveLength(refused === null ? succeeds : 0);
    if (refused !== null) {
      expect(isNode(responses[String(refused.status)]), id).toBe(true);
      continue;
    }
    const [status = ""] = good;
    const content = responses[status]?.["content"];
    const hasBody = v0Routes.some(
      ({ name, answer, media }) => name === id && (answer !== undefined || media !== "application/json"),
    );
    expect(content !== undefined, id).toBe(hasBody);
    for (const media of Object.values(nodeAt(content)))
      expect(isNode(nodeAt(media)["schema"]), id).toBe(true);
    for (const [code, response] of Object.entries(responses))
      if (!good.includes(code))
        expect(nodeAt(response["content"])["application/json"], `${id} ${code}`).toEqual({
          schema: { $ref: "#/components/schemas/Error" },
          example: expect.objectContaining({ docs: expect.stringMatching(/^\/docs\/errors#/) }),
        });
  }
});

test("what is required is described, and an example has all of it and nothing else", () => {
  for (const { at, value } of walk(document)) {
    if (!isNode(value) || !isNode(value["properties"]) || at.endsWith("/properties")) continue;
    const known = Object.keys(value["properties"]);
    const required = listAt(value["required"]).map(textAt);
    expect(known, at).toEqual(expect.arrayContaining(required));
    if (!isNode(value["example"])) continue;
    const given = Object.keys(value["example"]);
    expect(given, at).toEqual(expect.arrayContaining(required));
    expect(
      given.filter((name) => !known.includes(name)),
      at,
    ).toEqual([]);
  }
});

test("an example of a body is one that its route takes, and one of an answer is as answers are", () => {
  const check = (id: string, holder: Json | undefined, schema: z.ZodType | undefined): number => {
    const reference = textAt(
      nodeAt(nodeAt(nodeAt(nodeAt(holder)["content"])["application/json"])["schema"])["$ref"],
    );
    const example = nodeAt(find(reference))["example"];
    if (schema === undefined || example === undefined) return 0;
    expect(schema.safeParse(example).error, id).toBeUndefined();
    return 1;
  };
  let checked = 0;
  for (const { id, operation } of operations) {
    const route = v0Routes.find(({ name }) => name === id);
    checked += check(`${id} body`, operation["requestBody"], route?.body);
    checked += check(`${id} answer`, nodeAt(operation["responses"])[String(route?.status)], route?.answer);
  }
  expect(checked).toBeGreaterThan(40);
});

test("ids and times in examples have the form of real ones", () => {
  const forms: Readonly<Record<string, RegExp>> = {
    organization_id: /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    pod_id: /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    inbox_id: /^[a-z0-9.]+@[a-z.]+$/,
    message_id: /^<[^<>@\s]+@[^<>@\s]+>$/,
    webhook_id: /^ep_[0-9a-f]{32}$/,
    secret: /^whsec_[A-Za-z0-9+/]{32}$/,
    api_key: /^am_us_(pod_|inbox_)?[0-9a-f]{64}$/,
    created_at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    updated_at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  };
  const seen = new Set<string>();
  for (const { value } of walk(document))
    if (isNode(value) && isNode(value["example"]))
      for (const [name, form] of Object.entries(forms)) {
        const given = value["example"][name];
        if (given === undefined) continue;
        expect(given).toMatch(form);
        seen.add(name);
      }
  expect([...seen].sort()).toEqual(Object.keys(forms).sort());
});

test("the document is the same however often it is made", () => {
  expect(JSON.parse(JSON.stringify(documentOf(v0, "0.0.0")))).toEqual(document);
});

test("an answer that several routes give is written once", () => {
  const written = operations.flatMap(({ operation }) =>
    Object.entries(nodeAt(operation["responses"]))
      .filter(([status, answer]) => !status.startsWith("2") && nodeAt(answer)["$ref"] === undefined)
      .map(([, answer]) => JSON.stringify(answer)),
  );
  expect(new Set(written).size).toBe(written.length);
  const shared = Object.values(nodeAt(nodeAt(document["components"])["responses"])).map((answer) =>
    JSON.stringify(answer),
  );
  expect(shared.length).toBeGreaterThan(5);
  expect(new Set(shared).size).toBe(shared.length);
});
