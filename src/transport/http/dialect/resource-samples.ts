/** Samples of a route on the page of its resource: in curl, and in the languages of the vendor's client where that has its method. */
import type { Route } from "./route.ts";

export const fenced = (language: string, code: string): string => `\`\`\`${language}\n${code}\n\`\`\``;

export const tsPreamble = `import { AgentMailClient } from "agentmail";
const id = (name: string): string => process.env[name] ?? "";
const client = new AgentMailClient({ baseUrl: id("ROOKERY_BASE_URL"), apiKey: id("ROOKERY_API_KEY") });`;

export const pythonPreamble = `import os
from agentmail import AgentMail, AgentMailEnvironment
base_url = os.environ["ROOKERY_BASE_URL"]
environment = AgentMailEnvironment(http=base_url, websockets=base_url.replace("http", "ws", 1))
client = AgentMail(environment=environment, api_key=os.environ["ROOKERY_API_KEY"])`;

/**
 * Lines of Markdown.
 * @param asked what the query must have
 * @param example a body that the route takes; undefined: none is needed
 * @param hasMethod whether the vendor's client has a method of that name
 */
export function samplesOf(
  route: Route,
  asked: readonly string[],
  example: unknown,
  hasMethod: (name: string) => boolean,
): string[] {
  const { name, media, refused } = route;
  if (refused !== null) return [];
  const curl = [fenced("sh", curlOf(route, asked, example)), ""];
  if (media !== "application/json" || !hasMethod(name)) return curl;
  return [
    ...curl,
    fenced("ts", typescriptOf(route, asked, example)),
    "",
    ...(inPython(name) ? [fenced("python", pythonOf(route, asked, example)), ""] : []),
  ];
}

/** The newest client for Python has apps in place of providers. */
const inPython = (name: string): boolean => !name.startsWith("providers.");

/** What is looked for in samples of searches. */
const WORD = "hello";

/** `{inbox_id}` is the variable INBOX_ID. */
const variablesIn = ({ path }: Route): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name.toUpperCase());

function curlOf({ method, path }: Route, asked: readonly string[], example: unknown): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => `$${name.toUpperCase()}`);
  const query = asked.length === 0 ? "" : `?${asked.map((name) => `${name}=${WORD}`).join("&")}`;
  const words = [
    `curl -fsS ${method === "get" ? "" : `-X ${method.toUpperCase()} `}"$ROOKERY_BASE_URL${filled}${query}"`,
    '-H "authorization: Bearer $ROOKERY_API_KEY"',
    ...(example === undefined
      ? []
      : [
          '-H "content-type: application/json"',
          `-d '${JSON.stringify(example, null, 2).replaceAll("'", "'\\''")}'`,
        ]),
  ];
  return words.join(" \\\n  ");
}

/** A call whose answer is printed, if it has one. */
const printed = (print: string, call: string, { answer }: Route): string =>
  answer === undefined ? call : `${print}(${call})`;

function typescriptOf(route: Route, asked: readonly string[], example: unknown): string {
  const ids = variablesIn(route).map((name) => typescriptArgument(name));
  const query = asked.length === 0 ? [] : [`{ ${asked.map((name) => `${name}: "${WORD}"`).join(", ")} }`];
  const body = route.body === undefined ? [] : [typescriptLiteral(example ?? {})];
  const call = `await client.${route.name}(${[...ids, ...query, ...body].join(", ")})`;
  return `${printed("console.log", call, route)};`;
}

/** The client's enums of choices are not texts to its types. */
const typescriptArgument = (name: string): string =>
  ["DIRECTION", "TYPE"].includes(name) ? `id("${name}") as never` : `id("${name}")`;

/** Fields whose names below them are the caller's own. */
const maps: ReadonlySet<string> = new Set(["headers", "metadata"]);

const camelCase = (name: string): string =>
  name.replaceAll(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());

/** Columns of a literal that stays on one line. */
const LINE = 70;

/** JSON as the client's request: under camelCase names, times as dates. */
function typescriptLiteral(value: unknown, indent = "", isMap = false): string {
  if (Array.isArray(value))
    return listed(
      "[",
      value.map((item) => typescriptLiteral(item, `${indent}  `)),
      "]",
      indent,
    );
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, field]) => {
    const key = isMap ? name : camelCase(name);
    const isTime = !isMap && /_(at|after)$/.test(name) && typeof field === "string";
    const literal = typescriptLiteral(field, `${indent}  `, maps.has(name));
    return `${/^\w+$/.test(key) ? key : JSON.stringify(key)}: ${isTime ? `new Date(${literal})` : literal}`;
  });
  return fields.length === 0 ? "{}" : listed("{ ", fields, " }", indent);
}

/** Pieces on one line where they fit, else one a line. */
function listed(open: string, pieces: readonly string[], close: string, indent: string): string {
  const line = `${open}${pieces.join(", ")}${close}`;
  if (line.length <= LINE && !line.includes("\n")) return line;
  return `${open.trim()}\n${pieces.map((piece) => `${indent}  ${piece},\n`).join("")}${indent}${close.trim()}`;
}

/** Methods whose whole body is one argument, since it is one of several kinds. */
const takesRequest = (name: string): boolean =>
  /(^|\.)apiKeys\.create$/.test(name) || name === "inboxes.create";

function pythonOf(route: Route, asked: readonly string[], example: unknown): string {
  const { name, body } = route;
  const method = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const ids = variablesIn(route).map((variable) => `os.environ["${variable}"]`);
  const query = asked.map((field) => `${field}="${WORD}"`);
  const fields = body === undefined || typeof example !== "object" ? [] : Object.entries(example ?? {});
  const request = takesRequest(name)
    ? [`request=${pythonLiteral(example ?? {})}`]
    : fields.map(([field, value]) => `${field === "from" ? "from_" : field}=${pythonLiteral(value, "  ")}`);
  const call = listed(`client.${method}(`, [...ids, ...query, ...request], ")", "");
  return printed("print", call, route);
}

function pythonLiteral(value: unknown, indent = ""): string {
  if (Array.isArray(value))
    return listed(
      "[",
      value.map((item) => pythonLiteral(item, `${indent}  `)),
      "]",
      indent,
    );
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const fields = Object.entries(value).map(
    ([name, field]) => `${JSON.stringify(name)}: ${pythonLiteral(field, `${indent}  `)}`,
  );
  return fields.length === 0 ? "{}" : listed("{", fields, "}", indent);
}
