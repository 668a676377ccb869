/** docs/guides: every sample is run, every command line is one that the program takes, and every guide is in the indexes. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentMailClient } from "agentmail";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { permissions } from "../src/domain/door/access/index.ts";
import { recordsOf } from "../src/domain/tenancy/domains/records.ts";
import { callCommand, startProgram } from "./support/command.ts";
import { eventually } from "./support/eventually.ts";
import { program } from "./support/program.ts";
import { blocksIn, blocksOf, checkout, hasPython, openSamples, type Samples } from "./support/samples.ts";

let samples: Samples;
let client: AgentMailClient;
beforeAll(async () => {
  const port = await freePort();
  samples = await openSamples({
    ROOKERY_HTTP_PORT: String(port),
    ROOKERY_PUBLIC_URL: `http://127.0.0.1:${port}`,
    ROOKERY_SIGN_UP: "1",
  });
  client = new AgentMailClient({ baseUrl: samples.server.baseUrl, apiKey: samples.server.rootKey });
});
afterAll(async () => samples.stop());

/** A port that was free a moment ago. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

async function printed(page: string, name: string): Promise<string> {
  await samples.write(page, name);
  if (name.endsWith(".py")) return samples.run("python3", name);
  return name.endsWith(".sh") ? samples.run("sh", "-e", name) : samples.run(process.execPath, name);
}

/** In curl each answer is one JSON text behind the other. */
const answers = (output: string): Record<string, unknown>[] =>
  JSON.parse(`[${output.replaceAll("}{", "},{")}]`);

const noAgentMail = !hasPython("agentmail.apps");
const noSvix = noAgentMail || !hasPython("svix");
const SKIPPED = "(skipped because its packages are not installed)";

describe("DNS of the server's own domain", () => {
  test.each(["docs/guides/going-live.md", "docs/guides/deployment.md"])(
    "%s has the records that bring mail to it and to tenants' domains, which lead to it",
    async (page) => {
      const own = "agents.example.com";
      const lines = (await readFile(join(checkout, page), "utf8")).matchAll(/^(\S+)\. +(A|MX) +(.+)$/gm);
      const published = [...lines].map(([, name, type, value]) => `${name} ${type} ${value}`);
      const tenant = { domain: "tenant.example", checks: [], inboundEnabled: true };
      const records = recordsOf({ ...tenant, subdomainsEnabled: false, trackingEnabled: false }, [], own);
      const hosts = records.filter(({ type }) => type === "MX").map(({ value }) => value);
      expect(new Set(hosts)).toEqual(new Set([own]));
      expect(published).toContain(`${own} MX 10 ${own}.`);
      expect(published).toContain(`${own} A 203.0.113.7`);
    },
  );
});

describe("many tenants", () => {
  test("each key sees its own, and what is foreign is not there", async () => {
    expect(await printed("docs/guides/multi-tenancy.md", "tenants.mts")).toBe(
      "[ 'agent-acme@rookery.localhost' ]\n404\n[ 'Hello' ]\n",
    );
  });

  test.skipIf(noAgentMail)(`in Python ${SKIPPED}`, async () => {
    expect(await printed("docs/guides/multi-tenancy.md", "tenants.py")).toBe(
      "['agent-acme@rookery.localhost']\n404\n",
    );
  });

  test("in curl", async () => {
    const said = answers(await printed("docs/guides/multi-tenancy.md", "tenants.sh"));
    expect(said).toHaveLength(7);
    expect(said.at(-1)).toMatchObject({ count: 1, inboxes: [{ inbox_id: "agent-acme@rookery.localhost" }] });
  });
});

describe("sending and receiving", () => {
  test("a question with a file, and its answer in one thread", async () => {
    expect(await printed("docs/guides/sending-and-receiving.md", "converse.mts")).toBe(
      "Order 17: item,17\n[\n  'Order 17: Hello Bob, the order is attached.',\n  'Re: Order 17: Thank you, it is on its way.'\n]\n",
    );
  });

  test.skipIf(noAgentMail)(`in Python ${SKIPPED}`, async () => {
    expect(await printed("docs/guides/sending-and-receiving.md", "converse.py")).toBe(
      "Order 17: item,17\n['Order 17', 'Re: Order 17']\n",
    );
  });

  test("in curl", async () => {
    const said = answers(await printed("docs/guides/sending-and-receiving.md", "send.sh"));
    expect(said[2]).toMatchObject({ count: 1, messages: [{ subject: "Report", cc: ["boss@example.net"] }] });
  });
});

describe("files", () => {
  test.skipIf(noAgentMail)(`a report is kept and attached, and kept once, in Python ${SKIPPED}`, async () => {
    const said = "['reports/q3.csv']\nq3.csv: 23 bytes\n";
    expect(await printed("docs/guides/files.md", "keep.py")).toBe(said);
    expect(await printed("docs/guides/files.md", "keep.py")).toBe(said);
  });

  test("in curl", async () => {
    expect(await printed("docs/guides/files.md", "keep.sh")).toBe("region,amount\nnorth,17\n");
  });
});

describe("webhooks", () => {
  const heard = (inbox: string): string => `message.received: "Hello" for ${inbox}@rookery.localhost\n`;

  test("a signed event is verified, and a forged one is not", async () => {
    expect(await printed("docs/guides/webhooks.md", "receive.mts")).toBe(`forged: 400\n${heard("hooked")}`);
  });

  test.skipIf(noSvix)(`in Python ${SKIPPED}`, async () => {
    expect(await printed("docs/guides/webhooks.md", "receive.py")).toBe(heard("hooked-py"));
  });

  test("what an endpoint could not take is seen, and sent again", async () => {
    expect(await printed("docs/guides/webhooks.md", "resend.sh")).toBe(
      'no answer: connection\ndelivered: 204\n{"count":0,"has_more":false}\n',
    );
  });

  test("in curl; and the signature without a library is that of the library", async () => {
    const said = answers(await printed("docs/guides/webhooks.md", "webhook.sh"));
    expect(said[0]).toMatchObject({ client_id: "app", enabled: true });
    const { Webhook } = await import("svix");
    const right = new Webhook("whsec_TWQJ0pX0k1tqI8m7o1Q2c3Z4YXNkZmdo");
    expect(await printed("docs/guides/webhooks.md", "verify.sh")).toBe(
      `${right.sign("msg_1", new Date(1_771_000_000_000), '{"type":"event"}')}\n`,
    );
  });
});

describe("idempotency", () => {
  test("what is asked for twice is done once", async () => {
    expect(await printed("docs/guides/idempotency.md", "twice.mts")).toBe("true\ntrue\n409\n1\n");
  });

  test.skipIf(noAgentMail)(`in Python ${SKIPPED}`, async () => {
    expect(await printed("docs/guides/idempotency.md", "twice.py")).toBe("1 1\n");
  });

  test("in curl", async () => {
    const [first, second] = answers(await printed("docs/guides/idempotency.md", "twice.sh"));
    expect(first).toEqual(second);
  });
});

describe("permissions", () => {
  test("a key may do what it was granted, from the next request on, until it is deleted", async () => {
    expect(await printed("docs/guides/permissions.md", "keys.mts")).toBe(
      "inbox reader@rookery.localhost\n0\n403 missing_permission\n403\n",
    );
  });

  test.skipIf(noAgentMail)(`in Python ${SKIPPED}`, async () => {
    expect(await printed("docs/guides/permissions.md", "keys.py")).toBe("reader-py@rookery.localhost\n403\n");
  });

  test("in curl, with a public key, which opens nothing", async () => {
    const said = answers(await printed("docs/guides/permissions.md", "keys.sh"));
    expect(said[2]).toMatchObject({ count: 1, api_keys: [{ name: "replies only" }] });
    const [made, found] = answers(await printed("docs/guides/permissions.md", "public.sh"));
    expect(made).toMatchObject({ type: "public_key", client_id: "signer" });
    expect(found).toEqual(made);
  });

  test("every name is in the guide's table, and none that is none", async () => {
    const text = await readFile(join(checkout, "docs/guides/permissions.md"), "utf8");
    const table = text.split("## The names")[1]?.split("\n\n")[1] ?? "";
    const named = table.split("\n").flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)]);
    expect(named.map(([, name]) => name).sort()).toEqual([...permissions].sort());
  });
});

describe("other guides", () => {
  test("labels are put on and taken off, and an address is blocked", async () => {
    const { inboxId } = await client.inboxes.create({ username: "labelled" });
    const sent = await client.inboxes.messages.send(inboxId, { to: inboxId, subject: "Hello" });
    const variables = {
      ROOKERY: samples.server.baseUrl,
      KEY: samples.server.rootKey,
      INBOX: inboxId,
      MESSAGE: encodeURIComponent(sent.messageId),
      THREAD: sent.threadId,
    };
    const blocks = await blocksOf("docs/guides/labels-and-lists.md", "sh");
    expect(blocks).toHaveLength(3);
    const [labelled, trashed, listed] = [
      await samples.shell(blocks[0] ?? "", variables),
      await samples.shell(blocks[1] ?? "", variables),
      await samples.shell(blocks[2] ?? "", variables),
    ];
    expect(answers(labelled)[1]).toMatchObject({ count: 1 });
    expect(answers(trashed)[0]).toMatchObject({ labels: expect.arrayContaining(["trash"]) });
    expect(answers(listed)[0]).toMatchObject({ entry: "spam.example", list_type: "block" });
  });

  test("an agent signs up, and its human's code is where the guide says", async () => {
    const blocks = await blocksOf("docs/guides/sign-up.md", "sh");
    expect(blocks).toHaveLength(3);
    const [signUp = "", verify = "", look = ""] = blocks;
    const [signed] = answers(await samples.shell(signUp));
    const key = String(signed?.["api_key"]);
    const operator = look
      .replaceAll("$(cat .rookery/root.key)", samples.server.rootKey)
      .replace("npx rookery", `${process.execPath} ${program()}`);
    const code = await eventually("a code", async () =>
      samples.shell(operator).then(
        (said) => /"subject":"(\d{6})/.exec(said)?.[1] ?? null,
        () => null,
      ),
    );
    expect(answers(await samples.shell(verify.replace("042137", code), { KEY: key }))).toEqual([
      { verified: true },
    ]);
  });

  test("a pod gets a domain", async () => {
    const [create = ""] = await blocksOf("docs/guides/domains.md", "sh");
    const { podId } = await client.pods.create({});
    const said = await samples.shell(create, { KEY: samples.server.rootKey, POD: podId });
    expect(answers(said)[0]).toMatchObject({ domain_id: "example.com", pod_id: podId });
  });

  test("a newsletter has its header", async () => {
    await printed("docs/guides/guardrails.md", "newsletter.mts");
    const { messages } = await client.inboxes.messages.list("news@rookery.localhost");
    expect(messages).toMatchObject([{ subject: "News" }]);
  });

  test("mail is submitted by SMTP", async () => {
    const { inboxId } = await client.inboxes.create({ username: "submitter" });
    const variables = { INBOX: inboxId };
    for (const name of ["submit.mts", "submit.py", "submit.sh"])
      await samples.write("docs/guides/submission.md", name);
    expect(await samples.shell(`${process.execPath} submit.mts`, variables)).toBe("250\n");
    await samples.shell("python3 submit.py", variables);
    await samples.shell("sh submit.sh", variables);
    expect((await client.inboxes.messages.list(inboxId)).count).toBe(3);
  });
});

/** Blocks without a language are commands for a machine, a name server or a database of the operator's, and what is printed. */
const CODE = ["sh", "ts", "js", "python"];
const CONFIGURATION = ["", "json", "yaml", "ini", "nginx", "sql"];

describe("the guides", () => {
  const guides = async () =>
    Promise.all(
      (await readdir(join(checkout, "docs/guides"))).map(async (file) => {
        const page = `docs/guides/${file}`;
        return { page, text: await readFile(join(checkout, page), "utf8") };
      }),
    );

  test("have no code that no test runs", async () => {
    const tests = (
      await Promise.all(
        ["guides.test.ts", "samples.test.ts"].map((file) => readFile(join(checkout, "test", file), "utf8")),
      )
    ).join("\n");
    const missed: string[] = [];
    for (const { page, text } of await guides())
      for (const { language, name, code } of blocksIn(text)) {
        const isRun =
          name === null ? tests.includes(`blocksOf("${page}", "${language}")`) : tests.includes(`"${name}"`);
        const isKnown = CODE.includes(language) ? isRun : CONFIGURATION.includes(language);
        if (!isKnown) missed.push(`${page}: ${language} ${name ?? code.split("\n")[0]}`);
      }
    expect(missed).toEqual([]);
  });

  test("are in the README's list and in the index for models", async () => {
    const [readme, index] = await Promise.all(
      ["README.md", "docs/llms.txt"].map((file) => readFile(join(checkout, file), "utf8")),
    );
    for (const { page } of await guides()) {
      expect(readme).toContain(`](${page})`);
      expect(index).toContain(`](/${page})`);
    }
  });

  test("name only commands and options that the program has", async () => {
    const texts = [
      ...(await guides()),
      { page: "README.md", text: await readFile(join(checkout, "README.md"), "utf8") },
    ];
    const lines = texts
      .flatMap(({ text }) => blocksIn(text))
      .flatMap(({ language, code }) => (["", "sh"].includes(language) ? commandsIn(code) : []));
    expect(lines.length).toBeGreaterThan(30);
    const folder = await mkdtemp(join(tmpdir(), "rookery-guides-"));
    const settings = { ROOKERY_BASE_URL: "http://127.0.0.1:1", ROOKERY_API_KEY: "none" };
    const wrong: string[] = [];
    for (const words of await wordsOf(lines, folder)) {
      const { stderr } = await callCommand(words, folder, settings);
      if (
        /unknown (command|option)|missing required argument|too many arguments|Run with --help/.test(stderr)
      )
        wrong.push(`${words.join(" ")}: ${stderr}`);
    }
    await rm(folder, { recursive: true, force: true });
    expect(wrong).toEqual([]);
  });

  /** Lines that start the program and do not run on; those behind a pipe or into a file are other programs'. */
  const commandsIn = (code: string): string[] =>
    code
      .replaceAll("\\\n", " ")
      .replaceAll(/'[^']*'/g, (text) => text.replaceAll("\n", " "))
      .split("\n")
      .map((line) => line.replace(/^\$ /, "").replace(/ [|>] .*/, ""))
      .filter((line) => /^(npx )?rookery (?!serve|demo|reset-seal-key|mcp)/.test(line));

  /** As a shell splits them. */
  async function wordsOf(lines: readonly string[], folder: string): Promise<string[][]> {
    const functions =
      "rookery() { printf '%s\\037' \"$@\"; printf '\\036'; }; npx() { shift; rookery \"$@\"; };";
    const script = lines.map((line) => line.replaceAll(/[<>]|#.*/g, "")).join("\n");
    const { stdout, stderr } = await startProgram(["sh", "-c", `${functions}\n${script}`], folder).ended;
    expect(stderr).toBe("");
    return stdout
      .split("\u001e")
      .slice(0, -1)
      .map((words) => words.split("\u001f").slice(0, -1));
  }
});
