/** Commands of the API against a server: what is printed for people, for programs and for scripts, and the exit codes. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callCommand, type Ended } from "../support/command.ts";
import { eventually } from "../support/eventually.ts";
import { sendMail } from "../support/smtp-client.ts";
import { hasTerminal, plain, runOnTerminal } from "../support/terminal.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let folder: string;

beforeAll(async () => {
  app = await testApp({ ROOKERY_SIGN_UP: "1" });
  folder = await mkdtemp(join(tmpdir(), "rookery-api-"));
});
afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true, force: true });
});

const settings = (key = app.rootKey): Record<string, string> => ({
  ROOKERY_BASE_URL: app.baseUrl,
  ROOKERY_API_KEY: key,
});
const rookery = (args: readonly string[], key?: string): Promise<Ended> =>
  callCommand(args, folder, settings(key));

async function done(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await rookery(args);
  expect({ code, stderr }, args.join(" ")).toEqual({ code: 0, stderr: "" });
  return stdout;
}

const inboxes: string[] = [];
let podId: string;

beforeAll(async () => {
  podId = (await done("pods", "create", "--name", "Commands", "-q")).trim();
  for (const name of ["one", "two", "three"])
    inboxes.push((await done("pods", "inboxes", "create", podId, "--username", name, "--quiet")).trim());
});

describe("what is printed", () => {
  test("without a terminal it is the API's answer, as JSON", async () => {
    const inbox = JSON.parse(await done("inboxes", "get", inboxes[0] ?? ""));
    const { body } = await app.request("GET", `/v0/inboxes/${inboxes[0]}`);
    expect(inbox).toEqual(body);
    expect(inbox).toMatchObject({ inbox_id: "one@rookery.localhost", pod_id: podId });
  });

  test("ids alone with --quiet, each of which the next command takes", async () => {
    const listed = (await done("pods", "inboxes", "list", podId, "-q", "--ascending")).trim().split("\n");
    expect(listed).toEqual(inboxes);
  });

  test("ids of keys, one of which is a public key, and of what a search finds", async () => {
    const key = (await done("pods", "api-keys", "create", podId, "-q")).trim();
    expect(key).toMatch(/^[0-9a-f-]{36}$/);
    expect((await done("api-keys", "list", "-q")).split("\n")).toContain(key);
    const [inbox = ""] = inboxes;
    const sent = await done("inboxes", "messages", "send", inbox, "--to", inbox, "--text", "findable", "-q");
    const search = ["inboxes", "messages", "search", inbox, "--q", "findable", "-q"];
    expect(await done(...search)).toBe(sent);
  });

  test("page after page with --page-all, an item a line", async () => {
    const lines = (await done("pods", "inboxes", "list", podId, "--page-all", "--limit", "1"))
      .trim()
      .split("\n");
    expect(lines.map((line) => JSON.parse(line).inbox_id).sort()).toEqual([...inboxes].sort());
    expect(
      (await done("pods", "inboxes", "list", podId, "--page-all", "--limit", "2", "-q")).trim().split("\n"),
    ).toHaveLength(3);
  });

  test("nothing of what answers nothing: a deletion that is done, and one that is accepted", async () => {
    const inbox = (await done("pods", "inboxes", "create", podId, "-q")).trim();
    const key = (await done("inboxes", "api-keys", "create", inbox, "-q")).trim();
    expect(await done("inboxes", "api-keys", "delete", inbox, key)).toBe("");
    expect(await done("inboxes", "delete", inbox)).toBe("");
    expect((await rookery(["inboxes", "get", inbox])).code).toBe(3);
  });

  test("a file goes where --output says", async () => {
    await done("pods", "export", podId, "--output", "pod.tar");
    expect((await readFile(join(folder, "pod.tar"))).subarray(257, 262).toString()).toBe("ustar");
  });
});

describe("what is sent", () => {
  test("a mail with its file, once for one idempotency key", async () => {
    const [from = "", to = ""] = inboxes;
    await writeFile(join(folder, "a.txt"), "attached");
    const line = [
      "inboxes",
      "messages",
      "send",
      from,
      "--to",
      to,
      "--to",
      "x@outside.test",
      "--subject",
      "Hi",
    ];
    const options = ["--text", "Text.", "--attach", "a.txt", "--idempotency-key", "hi-1", "-q"];
    const ids = [await done(...line, ...options), await done(...line, ...options)];
    expect(ids[0]).toMatch(/^<.*>\n$/);
    expect(ids[1]).toBe(ids[0]);
    const message = JSON.parse(await done("inboxes", "messages", "get", from, (ids[0] ?? "").trim()));
    expect(message).toMatchObject({
      subject: "Hi",
      to: [to, "x@outside.test"],
      attachments: [{ filename: "a.txt", size: 8 }],
    });
  });

  test("a body from a file, with single fields over it", async () => {
    await writeFile(
      join(folder, "body.json"),
      JSON.stringify({ display_name: "From file", metadata: { plan: "pro" } }),
    );
    const changed = await done(
      "inboxes",
      "update",
      inboxes[1] ?? "",
      "--body",
      "body.json",
      "--display-name",
      "Given",
    );
    expect(JSON.parse(changed)).toMatchObject({ display_name: "Given", metadata: { plan: "pro" } });
  });

  test("nothing with --dry-run, which needs no key", async () => {
    const { code, stdout } = await callCommand(["pods", "create", "--name", "Never", "--dry-run"], folder, {
      ROOKERY_BASE_URL: app.baseUrl,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      method: "POST",
      url: `${app.baseUrl}/v0/pods`,
      body: { name: "Never" },
    });
    expect(await done("pods", "list")).not.toContain("Never");
  });
});

test("an agent signs up without a key, and one that is set is not sent along; verifying takes the agent's", async () => {
  const line = ["agent", "sign-up", "--username", "newcomer"];
  const { code, stdout, stderr } = await callCommand(line, folder, { ROOKERY_BASE_URL: app.baseUrl });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { api_key: key, inbox_id: inbox } = JSON.parse(stdout);
  expect(inbox).toBe("newcomer@rookery.localhost");
  const another = await rookery(["agent", "sign-up", "--username", "second"], `am_${"x".repeat(40)}`);
  expect(another).toMatchObject({ code: 0, stderr: "" });
  const refused = await rookery(["agent", "sign-up", "--username", "newcomer"]);
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain("Inbox already exists");
  expect(refused.stderr).not.toContain("am_us");
  const verified = await rookery(["agent", "verify", "--otp-code", "000000"], key);
  // A code that is none.
  expect(verified.code).toBe(1);
  expect(verified.stderr).toContain("otp_code");
});

describe("exit codes", () => {
  test.each([
    ["3 for what is not there", 3, ["inboxes", "get", "nobody@rookery.localhost"], "HTTP 404"],
    ["1 for what is wrong with the request", 1, ["inboxes", "create", "--username", "not one"], "username"],
    ["2 for an option that is none", 2, ["inboxes", "create", "--usernam", "x"], "Did you mean --username?"],
    ["2 for a number that is none", 2, ["inboxes", "list", "--limit", "ten"], "whole number"],
    [
      "2 for a body that is none",
      2,
      ["inboxes", "create", "--body", "absent.json"],
      "absent.json cannot be read",
    ],
    ["2 for an id that is empty", 2, ["inboxes", "get", ""], "An id is missing"],
    ["2 for a field that must be there", 2, ["webhooks", "create"], "--url"],
  ])("%s", async (_what, code, line, says) => {
    const ended = await rookery(line);
    expect(ended).toMatchObject({ code, stdout: "" });
    expect(ended.stderr).toContain(says);
  });

  test("4 for what the key may not do, with what to do about it", async () => {
    const { body } = await app.request("POST", "/v0/api-keys", {
      body: { name: "reader", permissions: { inbox_read: true } },
    });
    const { code, stderr } = await rookery(["inboxes", "create"], String(body["api_key"]));
    expect(code).toBe(4);
    expect(stderr).toContain("inbox_create");
    expect((await rookery(["inboxes", "list"], `am_${"x".repeat(40)}`)).code).toBe(4);
  });
});

describe.skipIf(!hasTerminal)("on a terminal of 80 columns (skipped because script is not installed)", () => {
  const hostile = "\u001b[31mRed\u009b5m \u202eevil";

  beforeAll(async () => {
    const [to = ""] = inboxes;
    const mail = `From: "${"Long Name ".repeat(8)}" <h@outside.test>\r\nTo: ${to}\r\nSubject: ${hostile}\r\nMessage-ID: <1@x.test>\r\n\r\nHi`;
    expect(await sendMail(app.smtpPort, "h@outside.test", [to], mail)).toMatch(/^250 /);
  });

  test("a list is a table, and no mail reaches the terminal's controls", async () => {
    const { code, lines } = await runOnTerminal(`inboxes messages list ${inboxes[0]}`, folder, settings());
    expect(code).toBe(0);
    for (const line of lines) expect([...plain(line)].length, line).toBeLessThanOrEqual(80);
    const text = lines.map(plain).join("\n");
    expect(text).toMatch(/│ Message id +│ Subject +│ From +│ Timestamp/);
    for (const obeyed of ["\u001b[31m", "\u009b", "\u202e"]) expect(lines.join("\n")).not.toContain(obeyed);
  });

  test("what a webhook was sent is a table with ids in one piece, and the help says what to do with one that fails", async () => {
    const [inbox = ""] = inboxes;
    const create = ["--url", `${app.baseUrl}/nowhere`, "--event-types", "message.sent", "-q"];
    const webhook = (await done("inboxes", "webhooks", "create", inbox, ...create)).trim();
    await done("inboxes", "messages", "send", inbox, "--to", "x@outside.test", "--text", "Hi");
    const [event = "", ...others] = (await done("webhooks", "list-events", webhook, "-q")).trim().split("\n");
    expect([event, others]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), []]);
    const failing = async (): Promise<boolean> =>
      JSON.parse(await done("webhooks", "get-event", webhook, event)).outcome === "refused";
    await eventually("an attempt", failing);
    const list = await runOnTerminal(`webhooks list-events ${webhook} --state pending`, folder, settings());
    for (const line of list.lines) expect([...plain(line)].length, line).toBeLessThanOrEqual(80);
    expect(list.lines.map(plain).join("\n")).toContain(`│ ${event} │ pending`);
    const attempts = await runOnTerminal(`webhooks list-attempts ${webhook} ${event}`, folder, settings());
    expect(attempts.lines.map(plain).join("\n")).toMatch(
      /│ Attempt │ Outcome +│ Response status code │ Timestamp/,
    );
    expect(JSON.parse(await done("webhooks", "resend", webhook, event))).toMatchObject({ state: "pending" });
    expect(await done("webhooks", "--help")).toMatch(
      /When a webhook fails:\n {2}rookery webhooks list-events/,
    );
  });

  test("what is inside of a thing stands below its label, a field a line", async () => {
    const domain = ["domains", "create", "--domain", "shown.example", "-q"];
    const { lines } = await runOnTerminal(
      `domains get ${(await done(...domain)).trim()}`,
      folder,
      settings(),
    );
    const text = lines.map(plain).join("\n");
    expect(text).toMatch(/^Records:\n {2}Type: TXT\n {2}Name: \S+\._domainkey\.shown\.example\n/m);
    expect(text).toMatch(/\n\n {2}Type: MX\n {2}Name: shown\.example\n.*\n.*\n {2}Priority: 10$/m);
    expect(text).not.toContain("{");
    const [inbox = ""] = inboxes;
    const get = await runOnTerminal(`inboxes messages get ${inbox} '<1@x.test>'`, folder, settings());
    const shown = get.lines.map(plain).join("\n");
    expect(shown).toMatch(/^Headers:\n( {2}.*\n)* {2}Message-ID: <1@x\.test>$/m);
    for (const obeyed of ["\u001b[31m", "\u009b", "\u202e"])
      expect(get.lines.join("\n")).not.toContain(obeyed);
    for (const line of get.lines) expect([...plain(line)].length, line).toBeLessThanOrEqual(80);
  });

  test("one thing is its fields, and --json prints no control character either", async () => {
    const one = await runOnTerminal(`inboxes get ${inboxes[0]}`, folder, settings());
    expect(one.lines.map(plain).join("\n")).toMatch(/Inbox id: +one@rookery\.localhost/);
    const json = await runOnTerminal(`inboxes messages list ${inboxes[0]} --json`, folder, settings());
    for (const obeyed of ["\u001b", "\u009b", "\u202e"]) expect(json.lines.join("\n")).not.toContain(obeyed);
  });
});
