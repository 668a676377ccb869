/** `npm run generate`: writes what is generated and committed. The checks fail when any of it is not what it would write. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentMailClient } from "agentmail";
import agentmail from "agentmail/package.json" with { type: "json" };
import * as nylas from "nylas";
import pg from "pg";
import packages from "../package.json" with { type: "json" };
import { renderDefaultEnv } from "./config.ts";
import { FLEET_SCHEMA_PATH, fleetJsonSchema } from "./protocols/fleet-file/index.ts";
import { describeDistributedTables, describeDistribution } from "./storage/describe-placement.ts";
import { describeSchema, describeTables } from "./storage/describe-schema.ts";
import { startEmbedded } from "./storage/engines/embedded.ts";
import { describeIsolation } from "./storage/isolation.ts";
import { migrate } from "./storage/migrate.ts";
import { documentOf } from "./transport/http/dialect/document.ts";
import { llmsIndex, resourcePages } from "./transport/http/dialect/resource-pages.ts";
import { compatibilityPage, methodNames } from "./transport/http/v0/compatibility.ts";
import { conformanceTests, drivenMethods } from "./transport/http/v0/driven-methods.ts";
import { v0, v0Routes } from "./transport/http/v0/index.ts";
import { v3Compatibility } from "./transport/http/v3/compatibility.ts";
import { v3, v3Routes } from "./transport/http/v3/index.ts";
import { VERSION } from "./version.ts";

const root = new URL("../", import.meta.url);
const write = (path: string, text: string): Promise<void> => writeFile(new URL(path, root), text);

const directory = await mkdtemp(join(tmpdir(), "rookery-generate-"));
await chmod(directory, 0o711);
const engine = await startEmbedded({ dataDir: directory, log: () => undefined });
try {
  await migrate(engine);
  const client = new pg.Client(engine.connection);
  // Ended with the engine where something else went wrong, which is what is to be told.
  client.on("error", () => undefined);
  await client.connect();
  await write("schema.sql", await describeSchema(client));
  await write("src/storage/tables.ts", await describeTables(client));
  await write("src/storage/isolation-statements.ts", await describeIsolation(client));
  await write("src/storage/distributed-tables.ts", await describeDistributedTables(client));
  const distribution = await readFile(new URL("distribute.sql", root), "utf8");
  await write("distribute.sql", await describeDistribution(client, distribution));
  await client.end();
} finally {
  await engine.stop();
  await rm(directory, { recursive: true, force: true });
}
await mkdir(new URL("openapi/", root), { recursive: true });
for (const dialect of [v0, v3])
  await write(`openapi/${dialect.name}.json`, `${JSON.stringify(documentOf(dialect, VERSION), null, 2)}\n`);
await mkdir(new URL("schemas/", root), { recursive: true });
await write(FLEET_SCHEMA_PATH.slice(1), `${JSON.stringify(fleetJsonSchema(), null, 2)}\n`);
await write("config.default.env", renderDefaultEnv());
const client = new AgentMailClient({ baseUrl: "http://127.0.0.1", apiKey: "none" });
const tests = drivenMethods(methodNames(client), await conformanceTests(root));
const ofAgentMail = compatibilityPage(client, agentmail.version, v0Routes, tests);
// Cast: the package has its types where TypeScript reads them as CommonJS, in which a default export lies one level deeper.
const Nylas = nylas.default as unknown as typeof nylas.default.default;
const ofNylas = v3Compatibility(
  new Nylas({ apiKey: "none", apiUri: "http://127.0.0.1" }),
  packages.devDependencies.nylas,
  { routes: v3Routes, unbuilt: v3.unbuilt, fixed: v3.fixed },
);
await write("docs/compatibility.md", `${ofAgentMail}\n${ofNylas}`);

/** Whether the client has a method of that name, such as `pods.inboxes.create`. */
function hasMethod(name: string): boolean {
  // Cast: members of a client are read by the names that it has itself.
  const found = name
    .split(".")
    .reduce<unknown>((above, word) => (above as Record<string, unknown> | undefined)?.[word], client);
  return typeof found === "function";
}

const pages = resourcePages(v0, VERSION, hasMethod);
await rm(new URL("docs/api/", root), { recursive: true, force: true });
await mkdir(new URL("docs/api/", root), { recursive: true });
for (const { name, text } of pages) await write(`docs/api/${name}.md`, text);
const files = (await readdir(new URL("docs/guides/", root))).filter((name) => name.endsWith(".md")).sort();
const guides = await Promise.all(
  files.map(async (file) => {
    const text = await readFile(new URL(`docs/guides/${file}`, root), "utf8");
    return { file, title: /^# (.*)/.exec(text)?.[1] ?? file };
  }),
);
await write("docs/llms.txt", llmsIndex(v0, pages, guides));
