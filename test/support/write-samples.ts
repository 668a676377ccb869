/** The samples of writes that are on pages of resources, each with the things that it names made for it anew. */
import { sample } from "../../src/transport/http/v0/shapes/sample.ts";
import { withChoices } from "../nouns/index.ts";
import { type Things, thing } from "../nouns/noun.ts";
import type { TestApp } from "./test-app.ts";

export interface WriteSample {
  /** Of the route. */
  readonly name: string;
  readonly code: string;
  /** By the name of the shell's variable. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Samples that need what a mail brought, with the test that has it. */
const needMail: ReadonlyMap<string, string> = new Map([["agent.verify", "test/conformance/sign-up.test.ts"]]);

/** @param language of the blocks: sh, ts or python */
export async function writeSamples(
  app: TestApp,
  things: Things,
  pages: string,
  language: string,
): Promise<WriteSample[]> {
  const block = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)\n\`\`\`$`, "m");
  const samples: WriteSample[] = [];
  for (const section of pages.split(/^##? .*$/m)) {
    const [, method = "GET", path = "", name = ""] = /^`([A-Z]+) (\S+)` \(`([\w.]+)`\)$/m.exec(section) ?? [];
    const code = block.exec(section)?.[1];
    if (method === "GET" || code === undefined || needMail.has(name)) continue;
    const number = `${language}-${samples.length}`;
    const world = await fresh({ app, things, path, name, number });
    samples.push({ name, code: replaced(code, name, world, number), variables: world });
  }
  return samples;
}

interface Making {
  readonly app: TestApp;
  readonly things: Things;
  readonly path: string;
  readonly name: string;
  /** Of the sample: unique. */
  readonly number: string;
}

/** Makes something in a pod, beside what else the sample names there. */
const isOfOwner = (path: string): boolean =>
  /\{pod_id\}\/(?!pause|resume|suspend|unsuspend|erase)\w/.test(path) && !/\}.*\{/.test(path);

/** What the sample names: the tenant's things, and the last one in its path made anew. */
async function fresh(making: Making): Promise<Record<string, string>> {
  const { app, things, path, name } = making;
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter = ""]) => parameter);
  const last = named.at(-1);
  const make = last === undefined || isOfOwner(path) ? undefined : makers[last];
  const made = make === undefined ? {} : await make(making);
  const chosen = (parameter: string): string => {
    const choice = withChoices(`{${parameter}}`);
    return choice.startsWith("{") ? thing({ ...things, ...made }, parameter) : choice;
  };
  const key = name === "agent.attachHuman" ? await newcomersKey(making) : app.rootKey;
  return {
    ...Object.fromEntries(named.map((parameter) => [parameter.toUpperCase(), chosen(parameter)])),
    ROOKERY_BASE_URL: app.baseUrl,
    ROOKERY_API_KEY: key,
    SAMPLE_INBOX: thing(things, "inbox_id"),
    SAMPLE_MESSAGE: thing(things, "message_id"),
  };
}

const post = async (app: TestApp, path: string, body: unknown): Promise<Record<string, unknown>> => {
  const answer = await app.request("POST", path, { body });
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  return answer.body;
};

/** Of an agent that signed up and has no human yet. */
const newcomersKey = async ({ app, number }: Making): Promise<string> =>
  String((await post(app, "/v0/agent/sign-up", { username: `newcomer-${number}` }))["api_key"]);

/** Where the things below a path are: before the collection that its last parameter is of. */
const scopeOf = ({ path, things }: Making): string =>
  path
    .replace(/\/(api-keys|webhooks|lists|public-keys)\/.*/, "")
    .replaceAll(/\{(\w+)\}/g, (_match, name: string) => encodeURIComponent(thing(things, name)));

const inboxOf = ({ things }: Making): string =>
  `/v0/inboxes/${encodeURIComponent(thing(things, "inbox_id"))}`;

async function message(making: Making): Promise<Things> {
  const to = [thing(making.things, "inbox_id")];
  const sent = await post(making.app, `${inboxOf(making)}/messages/send`, { to, text: "Hello" });
  return { message_id: String(sent["message_id"]), thread_id: String(sent["thread_id"]) };
}

/** What makes a thing, by the parameter that names it. */
const makers: Readonly<Record<string, (making: Making) => Promise<Things>>> = {
  pod_id: async ({ app, number }) => ({
    pod_id: String((await post(app, "/v0/pods", { name: number }))["pod_id"]),
  }),
  inbox_id: async ({ app, things, number }) => {
    const made = await post(app, `/v0/pods/${thing(things, "pod_id")}/inboxes`, {
      username: `inbox-${number}`,
    });
    return { inbox_id: String(made["inbox_id"]) };
  },
  message_id: message,
  thread_id: message,
  draft_id: async (making) => {
    const made = await post(making.app, `${inboxOf(making)}/drafts`, {
      to: ["ada@outside.test"],
      text: "Hello",
    });
    return { draft_id: String(made["draft_id"]) };
  },
  domain_id: async ({ app, things, number }) => {
    const domain = `${number}-samples.com`;
    await post(app, `/v0/pods/${thing(things, "pod_id")}/domains`, { domain });
    return { domain_id: domain };
  },
  webhook_id: async (making) => {
    const webhook = { url: "https://hooks.example.com/", event_types: ["message.received"] };
    return {
      webhook_id: String((await post(making.app, `${inboxOf(making)}/webhooks`, webhook))["webhook_id"]),
    };
  },
  polling_webhook_id: async (making) => {
    const webhook = { client_id: making.number, event_types: ["message.received"] };
    const made = await post(making.app, `${scopeOf(making)}/webhooks/polling`, webhook);
    // A scope has ten at most.
    return { polling_webhook_id: String(made["webhook_id"]) };
  },
  api_key_id: async (making) => {
    const jwk = { kty: "EC", crv: "P-256", x: sample.jwkX, y: sample.jwkY };
    const body = making.path.includes("public-keys") ? { public_key: jwk, client_id: making.number } : {};
    return {
      api_key_id: String((await post(making.app, `${scopeOf(making)}/api-keys`, body))["api_key_id"]),
    };
  },
  entry: async (making) => {
    const entry = `${making.number}@listed.test`;
    await post(making.app, `${scopeOf(making)}${withChoices("/lists/{direction}/{type}")}`, { entry });
    return { entry };
  },
  address: async ({ app, things, number }) => {
    const address = `${number}@suppressed.test`;
    await post(app, `/v0/pods/${thing(things, "pod_id")}/suppressions`, { address });
    return { address };
  },
  alias: async (making) => {
    const alias = `alias-${making.number}@rookery.localhost`;
    await post(making.app, `${inboxOf(making)}/aliases`, { address: alias });
    return { alias };
  },
  delivery_id: async (making) => {
    const to = `${making.number}@outside.test`;
    await post(making.app, `${inboxOf(making)}/messages/send`, { to, text: "Hello" });
    const { body } = await making.app.request("GET", `${inboxOf(making)}/deliveries?limit=1`);
    // Cast: a page of deliveries, the newest first.
    const [first] = body["deliveries"] as { readonly delivery_id: string }[];
    return { delivery_id: first?.delivery_id ?? "" };
  },
};

/** Names of the samples' world, as those of things that are there; and new ones where a name can be had once. */
const replaced = (
  code: string,
  name: string,
  world: Readonly<Record<string, string>>,
  number: string,
): string =>
  code
    .replaceAll(sample.inbox, world["SAMPLE_INBOX"] ?? "")
    .replaceAll(sample.messageId, world["SAMPLE_MESSAGE"] ?? "")
    .replaceAll(/\bscout\b(?=")/g, `scout-${number}`)
    .replaceAll(sample.inboxClientId, number)
    .replaceAll(sample.human, `ada-${number}@yourcompany.com`)
    .replaceAll("sales@agents.example.com", `sales-${number}@rookery.localhost`)
    .replaceAll(
      sample.domain,
      name.startsWith("domains") || name.includes(".domains.")
        ? `${number}.example-mail.com`
        : "rookery.localhost",
    );
