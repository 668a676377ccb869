import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApp, testApp } from "../../../test/support/test-app.ts";
import { failCodes } from "../../domain/door/failures.ts";
import { wireErrors } from "./v0/errors.ts";
import { v0Routes } from "./v0/index.ts";
import { unreadableAnswers } from "./v0/unreadable.ts";
import { v3Routes } from "./v3/index.ts";

let app: TestApp;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http" });
});
afterAll(() => app.stop());

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
  }[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: object }>>;
}

interface Document {
  readonly info: { readonly title: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

async function operations(): Promise<{ document: Document; all: Operation[] }> {
  const { body } = await app.request("GET", "/openapi/v0.json", { key: null });
  // Cast: what an OpenAPI document has, as far as the tests look at it.
  const document = body as unknown as Document;
  return { document, all: Object.values(document.paths).flatMap((methods) => Object.values(methods)) };
}

test("the document has every route, and says what each does, takes and may answer", async () => {
  const { document, all } = await operations();
  expect(document.info.description).toContain("/docs/errors");
  expect(all.map(({ operationId }) => operationId).sort()).toEqual(v0Routes.map(({ name }) => name).sort());
  for (const { operationId, summary, description, parameters = [], responses } of all) {
    expect(summary, operationId).toBeTruthy();
    expect(description, operationId).toMatch(/\.$/);
    for (const { name, description: about } of parameters) {
      expect(about, `${operationId} ${name}`).toBeTruthy();
      expect(about, `${operationId} ${name} says more than its name`).not.toBe(name);
    }
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(["401", "403", "default"]));
  }
});

test("routes are grouped by noun at all scopes, in order, with a description of each group", async () => {
  const { document, all } = await operations();
  const names = document.tags.map(({ name }) => name);
  expect(names.slice(0, 5)).toEqual(["Identity", "Organization", "Agents that sign up", "Pods", "Inboxes"]);
  for (const { tags } of all) expect(names).toEqual(expect.arrayContaining([...tags]));
  const tagOf = (id: string) => all.find(({ operationId }) => operationId === id)?.tags;
  for (const id of ["webhooks.list", "pods.webhooks.list", "inboxes.webhooks.list"])
    expect(tagOf(id)).toEqual(["Webhooks"]);
});

test("an error is documented where it can happen, and a send's Idempotency-Key with it", async () => {
  const { all } = await operations();
  const of = (id: string) => all.find(({ operationId }) => operationId === id);
  expect(Object.keys(of("pods.list")?.responses ?? {})).toEqual(["200", "400", "401", "403", "default"]);
  expect(Object.keys(of("pods.delete")?.responses ?? {})).toContain("409");
  const send = of("inboxes.messages.send");
  expect(Object.keys(send?.responses ?? {})).toEqual(expect.arrayContaining(["400", "404", "409", "413"]));
  expect(Object.keys(send?.responses ?? {})).not.toContain("422");
  expect(Object.keys(of("threads.update")?.responses ?? {})).toContain("422");
  expect(send?.parameters).toContainEqual(expect.objectContaining({ name: "Idempotency-Key", in: "header" }));
});

const dialects = [
  ["v0", v0Routes],
  ["v3", v3Routes],
] as const;

const pages = [
  ["/docs", "Rookery"],
  ["/docs/guides/webhooks", "Webhooks · Rookery"],
  ["/docs/api/api-keys", "API keys · Rookery"],
  ["/docs/v0", "Rookery API v0"],
  ["/docs/v0/messages", "Messages · Rookery API v0"],
  ["/docs/v3", "Rookery API v3"],
  ["/docs/errors", "Errors of the Rookery API v0"],
] as const;

test.each(pages)("%s is a page that runs and loads nothing of anybody else's", async (path, title) => {
  const response = await fetch(`${app.baseUrl}${path}`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  const policy = response.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(/script-src ([^;]*)/.exec(policy)?.[1]).toBe("'self'");
  const html = await response.text();
  expect(html).toContain(`<title>${title}</title>`);
  expect(html, "scripts are in files").not.toMatch(/<script>|<[^>]*\son\w+=/);
  const loaded = [...html.matchAll(/<(?:script|img|link)\b[^>]*(?:src|href)="([^"]+)"/g)];
  const addresses = loaded.map(([, address = ""]) => address).filter((text) => !text.startsWith("data:"));
  for (const address of addresses) {
    expect(address).toMatch(/^\/[a-z]/);
    expect((await fetch(`${app.baseUrl}${address}`)).status, address).toBe(200);
  }
});

test.each(dialects)(
  "the page of an API has every route, each with a link to the viewer of its noun, whose document is complete: %s",
  async (name, routes) => {
    const index = await (await fetch(`${app.baseUrl}/docs/${name}`)).text();
    const links = [...index.matchAll(/<dt><a href="(\/docs\/[^"#]+)#([^"]+)"/g)].map(
      ([, page = "", place = ""]) => ({
        page,
        place: decodeURIComponent(place),
      }),
    );
    expect(links.map(({ place }) => place.split("/")[2]).sort()).toEqual(
      routes.map((route) => route.name).sort(),
    );
    for (const [page, own] of Map.groupBy(links, (link) => link.page)) {
      const html = await (await fetch(`${app.baseUrl}${page}`)).text();
      const url = /data-document="([^"]+)"/.exec(html)?.[1] ?? "";
      // Cast: as above.
      const document = (await (await fetch(`${app.baseUrl}${url}`)).json()) as Document;
      const all = Object.values(document.paths).flatMap((methods) => Object.values(methods));
      // As the viewer spells the places of its routes.
      expect(all.map(({ tags, operationId }) => `/${tags[0]}/${operationId}`).sort()).toEqual(
        own.map(({ place }) => place).sort(),
      );
      expect(document.tags).toHaveLength(1);
      const refs = JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g);
      for (const [, ref = ""] of refs)
        expect(
          // Cast: a path of keys in what was parsed.
          ref
            .split("/")
            .reduce((at: unknown, key) => (at as Record<string, unknown> | undefined)?.[key], document),
          `${url} ${ref}`,
        ).toBeDefined();
    }
  },
);

test("every page of docs/ is shown in a browser, and no link on any leads nowhere", async () => {
  const read = async (path: string): Promise<string> => {
    const { status, text } = await app.request("GET", path, { key: null });
    expect(status, path).toBe(200);
    return text;
  };
  const linksOf = (html: string): string[] =>
    [...html.matchAll(/<a href="([^"]+)"/g)]
      .map(([, link = ""]) => link)
      .filter((link) => !/^https?:/.test(link));
  const markdown = [...(await read("/llms.txt")).matchAll(/\]\((\/docs\/[^)]+\.md)\)/g)];
  const paths = markdown.map(([, path = ""]) => path.slice(0, -".md".length));
  expect(paths.length).toBeGreaterThan(40);
  const shown = new Map<string, string>();
  for (const path of ["/docs", "/docs/errors", ...paths]) shown.set(path, await read(path));
  for (const path of paths) {
    const html = shown.get(path) ?? "";
    expect(html).toContain(`<a href="${path}" aria-current="page">`);
    const prose = html.replaceAll(/<pre>[\s\S]*?<\/pre>/g, "");
    expect(prose, "Markdown that is not shown as HTML").not.toMatch(/^(#+ |```|\|---)/m);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size, path).toBe(ids.length);
  }
  for (const [from, html] of shown)
    for (const link of linksOf(html)) {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? from : path;
      const text = shown.get(target) ?? (await read(target));
      shown.set(target, text);
      expect(target, `${from} -> ${link}`).not.toMatch(/\.md$/);
      // Places in the viewer are looked at above.
      if (anchor !== undefined && !anchor.startsWith("/"))
        expect(text, `${from} -> ${link}`).toContain(` id="${anchor}"`);
    }
});

test("what is no page is not shown, however it is written", async () => {
  for (const path of [
    "/docs/guides/none",
    "/docs/api/..%2fguides%2fwebhooks",
    "/docs/guides/",
    "/docs/guides/webhooks.md.md",
  ])
    expect((await app.request("GET", path, { key: null })).status, path).toBe(404);
});

test.each(["/", "/docs/"])("a browser that opens %s is led to the API docs", async (path) => {
  const response = await fetch(`${app.baseUrl}${path}`, { redirect: "manual" });
  expect([response.status, response.headers.get("location")]).toEqual([302, "/docs"]);
});

test("an unknown asset is not found, with any spelling of its path", async () => {
  for (const name of ["package.json", "..%2fpackage.json", "swagger-ui.js", "__proto__", "constructor"])
    expect((await app.request("GET", `/docs/assets/${name}`)).status).toBe(404);
});

test("every code an error can have is explained at the place its docs link leads to", async () => {
  const { text } = await app.request("GET", "/docs/errors", { key: null });
  const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const unreadable = Object.values(unreadableAnswers).map(({ body }) => String(body["code"]));
  const codes = new Set([...failCodes.map((code) => wireErrors[code].code), ...unreadable]);
  expect([...ids].sort()).toEqual([...codes, "internal_error"].sort());
  const causes = failCodes.length + unreadable.length + 1;
  expect(text.match(/<dt>\S/g)).toHaveLength(causes);
  expect(text.match(/<dd>\S/g)).toHaveLength(causes);

  const answers = [
    await app.request("GET", "/v0/pods", { key: null }),
    await app.request("GET", "/v0/pods/none"),
    await app.request("GET", "/v0/pods?limit=none"),
    await app.request("GET", "/v0/nowhere"),
  ];
  for (const { body } of answers) {
    const [page, code] = String(body["docs"]).split("#");
    expect(page).toBe("/docs/errors");
    expect(ids).toContain(code);
  }
});

test.each(["/openapi/v0.json", "/docs/assets/swagger-ui-bundle.js"])(
  "%s is held once, however many ask for it and read nothing",
  async (path) => {
    await (await fetch(`${app.baseUrl}${path}`)).arrayBuffer();
    const before = process.memoryUsage().arrayBuffers;
    const { hostname, port } = new URL(app.baseUrl);
    const sockets = Array.from({ length: 200 }, () => connect(Number(port), hostname).pause());
    try {
      await Promise.all(
        sockets.map(async (socket) => {
          socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
          await once(socket, "readable");
        }),
      );
      // Both have more than half a megabyte: copies would be a hundred.
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  },
);

test("an answer is readable by any origin and cached by none, and a browser may send a preflight", async () => {
  const headers = { origin: "https://a.example", "access-control-request-headers": "authorization, x-fern" };
  const asked = await fetch(`${app.baseUrl}/v0/pods`, { method: "OPTIONS", headers });
  expect(asked.status).toBe(204);
  expect(asked.headers.get("access-control-allow-headers")).toBe("authorization, x-fern");
  expect(asked.headers.get("access-control-allow-methods")).toBe("GET, HEAD, POST, PUT, PATCH, DELETE");
  const answers = [asked, await fetch(`${app.baseUrl}/v0/pods`), await fetch(`${app.baseUrl}/v0/files/none`)];
  for (const { headers: given } of answers) {
    expect(given.get("access-control-allow-origin")).toBe("*");
    expect(given.get("access-control-allow-credentials")).toBeNull();
    expect(given.get("cache-control")).toBe("no-store");
    expect(given.get("x-request-id")).not.toBeNull();
  }
});

test("the schema of a fleet file is served, and is the one of the repository", async () => {
  const { status, body } = await app.request("GET", "/schemas/fleet.json", { key: null });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    required: ["version", "tenants"],
    additionalProperties: false,
  });
  const committed = await readFile(new URL("../../../schemas/fleet.json", import.meta.url), "utf8");
  expect(JSON.parse(committed)).toEqual(body);
});
