/** `rookery agent` and `rookery workspace` on a server: what they say was done is done, and the other dialect sees it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callCommand, type Ended } from "../support/command.ts";
import { SmtpSession } from "../support/smtp-client.ts";
import { hasTerminal, plain, runOnTerminal } from "../support/terminal.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let folder: string;
beforeAll(async () => {
  app = await testApp();
  folder = await mkdtemp(join(tmpdir(), "rookery-agent-"));
});
afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true, force: true });
});

const call = (key: string, ...args: readonly string[]): Promise<Ended> =>
  callCommand(args, folder, { ROOKERY_BASE_URL: app.baseUrl, ROOKERY_API_KEY: key });

/** Parts are separated by spaces; `more` are parts as they are. */
const rookery = (line: string, ...more: readonly string[]): Promise<Ended> =>
  call(app.rootKey, ...line.split(" "), ...more);

/** What a command that succeeds prints, without the end of its last line. */
async function done(line: string, ...more: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await rookery(line, ...more);
  expect({ code, stderr }, line).toEqual({ code: 0, stderr: "" });
  return stdout.trimEnd();
}

// Cast: each test asserts of it what it needs.
const json = async (line: string, ...more: readonly string[]): Promise<Record<string, unknown>> =>
  JSON.parse(await done(line, ...more, "--json")) as Record<string, unknown>;

test("an account is created, found by id and address, changed and deleted", async () => {
  const id = await done("agent account create life --quiet --name", "Life Cycle");
  const address = "life@rookery.localhost";
  expect(await json(`agent account get ${id}`)).toMatchObject({
    id,
    provider: "nylas",
    email: address,
    name: "Life Cycle",
    grant_status: "valid",
    settings: {},
  });
  expect(await done(`agent account get LIFE@rookery.localhost -q`)).toBe(id);
  expect(await app.client().inboxes.get(address)).toMatchObject({ displayName: "Life Cycle" });

  expect(await done(`agent account update ${address} --app-password Correct-Horse-Battery-1`)).toMatch(/^✓ /);
  const weak = await rookery(`agent account update ${id} --app-password short`);
  expect({ code: weak.code, stdout: weak.stdout }).toEqual({ code: 1, stdout: "" });
  await done(`agent account update ${address} --no-app-password`);
  expect(await json(`agent account update ${address} --name`, "Other")).toMatchObject({ id, name: "Other" });

  expect((await rookery(`agent account create ${address}`)).code).toBe(1);
  expect(await done(`agent account delete ${id} --yes`)).toBe(`✓ Agent account deleted: ${id}`);
  expect((await rookery(`agent account delete ${id} --yes`)).code).toBe(1);
  expect(await rookery(`agent account get ${address} --quiet`)).toMatchObject({ code: 1, stdout: "" });
});

test("an account that was created by its name alone is found, changed, paused and deleted by it", async () => {
  const id = await done("agent account create short --quiet");
  expect(await done("agent account get short -q")).toBe(id);
  expect(await json("agent account update short --name Short")).toMatchObject({ id, name: "Short" });
  await done("agent account pause short");
  await done("agent account resume short");
  expect(await done("agent account delete short --yes")).toBe("✓ Agent account deleted: short");
  const gone = await rookery("agent account get short --quiet");
  expect(gone).toMatchObject({ code: 1, stdout: "" });
  expect(gone.stderr).toContain("There is no agent account short that this key may see.");
});

test("an address on a domain that is not here is refused with a sentence that names it", async () => {
  const { code, stderr } = await rookery("agent account create a@elsewhere.example");
  expect(code).toBe(1);
  expect(stderr).toMatch(/[Dd]omain/);
});

test("a paused account is not valid and says why, in both dialects, until it is resumed", async () => {
  await done("agent account create paused");
  await done("agent account pause paused@rookery.localhost");
  expect(await json("agent account get paused@rookery.localhost")).toMatchObject({
    grant_status: "invalid",
    blocked: true,
    faults: [{ code: "paused" }],
  });
  expect(await done("agent account get paused@rookery.localhost")).toMatch(/^Because: +.*paused/m);
  const { status } = await app.request("POST", "/v0/inboxes/paused@rookery.localhost/messages/send", {
    body: { to: "paused@rookery.localhost", text: "x" },
    headers: { "content-type": "application/json" },
  });
  expect(status).toBe(403);
  await done("agent account resume paused@rookery.localhost");
  expect(await json("agent account get paused@rookery.localhost")).toMatchObject({ grant_status: "valid" });
});

test("an account whose sends of the day are used up is not valid and says how many of how many, until they are raised", async () => {
  const limits = { limit_count_daily_email_sent: 1 };
  const policy = await done("agent policy create -q --name Small --data", JSON.stringify({ limits }));
  const workspace = await done("workspace create -q --name Small --policy-id", policy);
  await done(`agent account create busy -q --workspace ${workspace}`);
  const account = "busy@rookery.localhost";
  await app.client().inboxes.messages.send(account, { to: "c@away.example", subject: "x", text: "x" });
  expect(await json(`agent account get ${account}`)).toMatchObject({
    grant_status: "invalid",
    faults: [{ code: "over_limits" }],
  });
  expect(await done(`agent account get ${account}`)).toMatch(
    /^Because: +Daily send limit reached: 1 of 1\s+used, until/m,
  );
  const { stdout } = await rookery("agent account list --json");
  // As the inventory of the examples asks it.
  const listed = JSON.parse(stdout) as { email: string; grant_status: string }[];
  expect(listed.filter((one) => one.grant_status !== "valid").map(({ email }) => email)).toContain(account);
  await done(`agent policy update ${policy} --data`, '{"limits":{"limit_count_daily_email_sent":2}}');
  expect(await json(`agent account get ${account}`)).toMatchObject({ grant_status: "valid" });
});

test("a paused workspace and a paused organization stop their accounts", async () => {
  const workspace = await done("workspace create -q --name Stopped");
  await done(`agent account create stopped -q --workspace ${workspace}`);
  const faults = async () => (await json("agent account get stopped@rookery.localhost"))["faults"] ?? [];
  await done(`workspace pause ${workspace}`);
  expect(await faults()).toMatchObject([{ code: "workspace_paused" }]);
  await done("agent pause --yes");
  expect(await faults()).toMatchObject([{ code: "organization_paused" }, { code: "workspace_paused" }]);
  await done("agent resume");
  await done(`workspace resume ${workspace}`);
  expect(await faults()).toEqual([]);
});

test("a policy is created, changed limit by limit, attached, and deleted only when no workspace has it", async () => {
  const limits = { limit_count_daily_message_per_grant: 500, limit_attachment_count_limit: 10 };
  const policy = await done("agent policy create -q --name Baseline --data", JSON.stringify({ limits }));
  await done(`agent policy update ${policy} --data`, '{"limits":{"limit_attachment_count_limit":5}}');
  expect(await json(`agent policy get ${policy}`)).toMatchObject({
    name: "Baseline",
    limits: { limit_count_daily_message_per_grant: 500, limit_attachment_count_limit: 5 },
  });
  const workspace = await done("workspace create -q --name Governed --policy-id", policy);
  const account = await done(`agent account create governed -q --workspace ${workspace}`);
  expect(await json(`agent account get ${account}`)).toMatchObject({
    workspace_id: workspace,
    settings: { policy_id: policy },
  });
  const inUse = await rookery(`agent policy delete ${policy} --yes`);
  expect(inUse.code).toBe(1);
  expect(inUse.stderr).toMatch(/HTTP 409/);
  await done(`workspace update ${workspace} --policy-id`, "");
  await done(`agent policy delete ${policy} --yes`);
  expect((await rookery(`agent policy get ${policy}`)).code).toBe(1);
});

test("a list takes thousands of values from a file, and a rule looks them up", async () => {
  const list = await done("agent list create -q --name Many --type domain");
  const values = Array.from({ length: 2345 }, (_, index) => `d${index}.example`);
  await writeFile(join(folder, "many.txt"), values.join("\n"));
  expect(await done(`agent list add ${list} --file many.txt`)).toContain("2345 item(s)");
  expect((await done(`agent list items ${list}`)).split("\n").sort()).toEqual([...values].sort());
  expect(await json(`agent list remove ${list} d0.example`)).toMatchObject({ items_count: 2344 });
  const rule = await done(
    `agent rule create -q --no-attach --name Listed --condition from.domain,in_list,${list} --action block`,
  );
  expect(await json(`agent rule get ${rule}`)).toMatchObject({
    priority: 10,
    enabled: true,
    trigger: "inbound",
    match: { operator: "all", conditions: [{ field: "from.domain", operator: "in_list", value: [list] }] },
  });
  const overview = await json("agent overview");
  expect(overview["orphan_rules"]).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ id: rule, lists: [{ id: list, name: "Many", missing: false }] }),
    ]),
  );
  await done(`agent list delete ${list} --yes`);
  await done(`agent rule delete ${rule} --yes`);
});

test("a rule governs the workspace of the account that it was made for; deleted, it is detached", async () => {
  const workspace = await done("workspace create -q --name Ruled");
  await done(`agent account create ruled -q --workspace ${workspace}`);
  const line =
    "agent rule create -q --account ruled@rookery.localhost --condition from.domain,is,spam.example --action block --name";
  const first = await done(line, "First");
  const second = await done(line, "Second");
  expect(await json(`workspace get ${workspace}`)).toMatchObject({ rule_ids: [first, second] });
  expect(await json(`agent rule update ${first} --disabled --priority 3`)).toMatchObject({
    enabled: false,
    priority: 3,
    name: "First",
  });
  await done(`agent rule delete ${first} --yes`);
  expect(await json(`workspace get ${workspace}`)).toMatchObject({ rule_ids: [second] });
  const bad = await rookery(line.replace("from.domain", "from.colour"), "Bad");
  expect({ code: bad.code, stdout: bad.stdout }).toEqual({ code: 1, stdout: "" });
  expect(await json(`workspace get ${workspace}`)).toMatchObject({ rule_ids: [second] });
});

/** A mail from outside, by SMTP. */
async function deliver(to: string, from: string, messageId: string): Promise<void> {
  const session = await SmtpSession.open(app.smtpPort);
  await session.reply();
  await session.command("EHLO client.test");
  await session.command(`MAIL FROM:<${from}>`);
  await session.command(`RCPT TO:<${to}>`);
  await session.command("DATA");
  const mail = `From: ${from}\r\nMessage-ID: ${messageId}\r\nSubject: Offer\r\n\r\nHi.\r\n.`;
  expect(await session.command(mail)).toMatch(/^250 /);
  session.close();
}

describe("on past mail of a server", () => {
  const tried = "tried@rookery.localhost";
  let workspace: string;
  beforeAll(async () => {
    workspace = await done("workspace create -q --name Tried");
    await done(`agent account create tried -q --workspace ${workspace}`);
    await deliver(tried, "a@spam.example", "<one@spam.example>");
    await deliver(tried, "b@fine.example", "<two@fine.example>");
    await app.client().inboxes.messages.send(tried, { to: "c@away.example", subject: "x", text: "x" });
  });

  test("rule test says what a rule that is there, or one that is described, would have done", async () => {
    const described = "--condition from.domain,is,spam.example --action block";
    const match = {
      inbox_id: tried,
      message_id: "<one@spam.example>",
      direction: "inbound",
      actions: ["block"],
    };
    const outcome = { judged: 2, matched: 1, complete: true, matches: [match] };
    expect(await json(`agent rule test ${described} --account ${tried} --since 7d`)).toMatchObject(outcome);
    const rule = await done(`agent rule create -q --no-attach --name Spam ${described}`);
    expect(await json(`agent rule test ${rule} --workspace ${workspace}`)).toMatchObject(outcome);
    expect(await done(`agent rule test ${rule} -q --account ${tried}`)).toBe("<one@spam.example>");
    const shown = await done(`agent rule test ${rule} --account ${tried}`);
    expect(shown).toMatch(/^✓ 2 messages judged, 1 of them would have matched\.\n {2}Nothing was changed\./);
    const absent = await rookery(`agent rule test ${workspace} --account ${tried} --json`);
    expect({ code: absent.code, stdout: absent.stdout }).toEqual({ code: 1, stdout: "" });
    await done(`agent rule delete ${rule} --yes`);
  });

  test("policy test says what a policy would have refused, by which limit, and changes nothing", async () => {
    const one = JSON.stringify({
      name: "Tight",
      limits: { limit_count_daily_message_received: 1, limit_count_daily_email_sent: 0 },
    });
    const outcome = {
      judged: 3,
      matched: 2,
      complete: true,
      matches: [
        {
          message_id: "<two@fine.example>",
          direction: "inbound",
          actions: ["refuse"],
          limit: "limit_count_daily_message_received",
        },
        { direction: "outbound", actions: ["refuse"], limit: "limit_count_daily_email_sent" },
      ],
    };
    expect(await json(`agent policy test --account ${tried} --since 7d --data`, one)).toMatchObject(outcome);
    const policy = await done("agent policy create -q --data", one);
    expect(await json(`agent policy test ${policy} --workspace ${workspace}`)).toMatchObject(outcome);
    const shown = await done(`agent policy test ${policy} --account ${tried}`);
    expect(shown).toMatch(/^✓ 3 messages judged, 2 of them would have been refused or deleted\./);
    expect(shown).toContain("refused");
    for (const text of shown.split("\n")) expect([...text].length, text).toBeLessThanOrEqual(80);
    await app.client().inboxes.messages.send(tried, { to: "c@away.example", subject: "x", text: "x" });
    await done(`agent policy delete ${policy} --yes`);
    const bad = await rookery("agent policy test --data", '{"limits": {"limit_count_daily_email_sent": -2}}');
    expect(bad.code).toBe(1);
    expect(bad.stderr).toContain("limit_count_daily_email_sent");
  });

  test("rule explain says which rule did what to a message, by its Message-ID as by its id", async () => {
    const rule = await done(
      `agent rule create -q --account ${tried} --condition from.domain,is,late.example --action mark_as_read --name`,
      "Late",
    );
    await deliver(tried, "d@late.example", "<three@late.example>");
    const explained = {
      message_id: "<three@late.example>",
      inbox_id: tried,
      recorded: { actions: ["mark_as_read"], matched_rule_ids: [rule] },
      rules: [{ rule_id: rule, name: "Late", matches: true, reached: true }],
      now: { actions: ["mark_as_read"] },
    };
    const line = `--account ${tried}`;
    expect(await json(`agent rule explain <three@late.example> ${line}`)).toMatchObject(explained);
    expect(await done(`agent rule explain <three@late.example> ${line}`)).toContain("✓ Late (all) matches");
    // What a grant's evaluations call the message.
    const grant = await done(`agent account get ${tried} -q`);
    const { body } = await app.request("GET", `/v3/grants/${grant}/rule-evaluations`);
    const [latest] = (body as { data: { message_id: string }[] }).data;
    expect(latest?.message_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await json(`agent rule explain ${latest?.message_id} ${line}`)).toMatchObject(explained);
    expect((await rookery(`agent rule explain ${workspace} ${line}`)).code).toBe(1);
    const absent = await rookery(`agent rule explain <none@late.example> ${line}`);
    expect(absent.code).toBe(1);
    expect(absent.stderr).toMatch(
      /no stored message <none@late\.example> in .*`rookery inboxes messages list \S+@\S+` lists them/s,
    );
    await done(`agent rule delete ${rule} --yes`);
  });
});

test("an account moves to another workspace; when that is deleted, to the default one", async () => {
  const workspace = await done(
    "workspace create -q --name Target --domain target.example --auto-group=false",
  );
  const account = await done("agent account create mover -q");
  expect(await done(`agent account move mover@rookery.localhost --workspace target.example`)).toContain(
    workspace,
  );
  expect(await json(`agent account get ${account}`)).toMatchObject({ workspace_id: workspace });
  expect(await json("workspace get target.example")).toMatchObject({ workspace_id: workspace });
  expect((await rookery(`agent account move ${account} --workspace nowhere.example`)).code).toBe(1);
  await done(`workspace delete ${workspace} --yes`);
  const { workspace_id: now } = await json(`agent account get ${account}`);
  expect(await json(`workspace get ${String(now)}`)).toMatchObject({ default: true });
});

test("a key of a pod sees its own accounts alone", async () => {
  const pod = await app.client().pods.create({ name: "Tenant" });
  const { inboxId } = await app.client().pods.inboxes.create(pod.podId, { username: "tenant" });
  const { apiKey } = await app.client().pods.apiKeys.create(pod.podId, { name: "k" });
  const listed = await call(apiKey, "agent", "account", "list", "--json");
  expect(JSON.parse(listed.stdout)).toMatchObject([{ email: inboxId, workspace_id: pod.podId }]);
  await done("agent account create stranger");
  expect((await call(apiKey, "agent", "account", "get", "stranger@rookery.localhost")).code).toBe(1);
  expect((await call(apiKey, "agent", "account", "get", inboxId, "-q")).code).toBe(0);
  const overview = await call(apiKey, "agent", "overview");
  expect({ code: overview.code, stderr: overview.stderr }).toEqual({ code: 0, stderr: "" });
  expect(overview.stdout).not.toContain("stranger");
});

/** util-linux's `script` gives a command a terminal. */
describe("on a terminal of 80 columns", () => {
  const onTerminal = (line: string, answer?: string) =>
    runOnTerminal(line, folder, { ROOKERY_BASE_URL: app.baseUrl, ROOKERY_API_KEY: app.rootKey }, answer);

  test.skipIf(!hasTerminal)(
    "no line of a list or of a block is wider, and colours do not break (skipped because `script` is not installed)",
    async () => {
      const long = "a-tenant-with-a-name-that-is-much-longer-than-any-column@rookery.localhost";
      await done(
        `agent account create ${long} --name`,
        "A display name that is long as well ".repeat(3).trim(),
      );
      await done(`agent account pause ${long}`);
      await done(
        "agent rule create -q --no-attach --condition from.tld,is,example --action assign_to_folder=Leads/New --name",
        "A rule with a name of many words, more than a line of them",
      );
      for (const line of [
        "agent account list",
        `agent account get ${long}`,
        "agent policy list",
        "agent rule list",
        "agent list list",
        "agent status",
        "agent overview",
        "workspace list",
      ]) {
        const { code, lines } = await onTerminal(line);
        expect(code, line).toBe(0);
        for (const text of lines.map(plain))
          expect([...text].length, `${line}: ${text}`).toBeLessThanOrEqual(80);
      }
      expect((await onTerminal(`agent account get ${long}`)).lines.join("\n")).toContain(
        "\u001b[31minvalid\u001b[39m",
      );
    },
  );

  test.skipIf(!hasTerminal)(
    "a deletion asks, and only yes deletes (skipped because `script` is not installed)",
    async () => {
      const id = await done("agent account create asked -q");
      const no = await onTerminal(`agent account delete ${id}`, "n\n");
      expect(no.code).toBe(1);
      expect(no.lines.map(plain).join("\n")).toMatch(
        /Delete the agent account \S+ and all its mail\? \[y\/N\].*Cancelled: nothing was done\./s,
      );
      expect(await done("agent account get asked@rookery.localhost -q")).toBe(id);
      expect((await onTerminal(`agent account delete ${id}`, "y\n")).code).toBe(0);
      expect((await rookery("agent account get asked@rookery.localhost")).code).toBe(1);
    },
  );
});
