/** `/metrics`: who may ask, what it counts, and that it names nobody. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { SmtpSession, sendMail } from "../../../test/support/smtp-client.ts";
import { type TestApp, testApp } from "../../../test/support/test-app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app.stop());

const ask = (headers: Record<string, string> = {}, key: string | null = null) =>
  app.request("GET", "/metrics", { key, headers });

/** Values by name and labels, as they are written. */
async function scraped(): Promise<ReadonlyMap<string, number>> {
  const { text } = await ask();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

describe("who may ask", () => {
  it("a program on this machine needs no key", async () => {
    const { status, text } = await ask();
    expect(status).toBe(200);
    expect(text).toContain("# TYPE rookery_queue_depth gauge");
  });

  it.each(["x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via", "origin", "referer"])(
    "what comes with %s is somebody else's and does",
    async (name) => {
      expect((await ask({ [name]: "http://x.test" })).status).toBe(401);
      expect((await ask({ [name]: "http://x.test" }, app.rootKey)).status).toBe(200);
    },
  );

  it("only an unrestricted key of the organization lets in; others learn not even that it is there", async () => {
    const client = app.client();
    const { podId } = await client.pods.create({});
    const { inboxId } = await client.pods.inboxes.create(podId, {});
    const keys = await Promise.all([
      client.pods.apiKeys.create(podId, {}),
      client.inboxes.apiKeys.create(inboxId, {}),
      client.apiKeys.create({ permissions: { messageRead: true } }),
    ]);
    const secrets = keys.map((key) => ("apiKey" in key ? key.apiKey : ""));
    const nowhere = await app.request("GET", "/metric", { key: null });
    for (const apiKey of secrets) {
      const { status, body } = await ask({}, apiKey);
      expect({ status, name: body["name"] }).toEqual({ status: 404, name: nowhere.body["name"] });
    }
    expect((await ask({}, `am_us_${"0".repeat(64)}`)).status).toBe(403);
    expect((await ask({ authorization: "Basic eDp5" })).status).toBe(401);
  });
});

describe("what it counts", () => {
  it("requests by route and status, and never by path", async () => {
    const client = app.client();
    const { podId } = await client.pods.create({});
    await client.pods.get(podId);
    await app.request("GET", `/v0/pods/${podId}/no/such/route`);
    await app.request("GET", `/nowhere/${podId}`);
    const values = await scraped();
    expect(
      values.get('rookery_http_requests_total{method="GET",route="/v0/pods/:pod_id",status="200"}'),
    ).toBe(1);
    expect(values.get('rookery_http_requests_total{method="GET",route="/v0/*",status="404"}')).toBe(1);
    expect(values.get('rookery_http_requests_total{method="GET",route="none",status="404"}')).toBeGreaterThan(
      0,
    );
    expect([...values.keys()].join("\n")).not.toContain(podId);
  });

  it("mail that came in and was refused, that went on here and was captured, and how long storing took", async () => {
    const client = app.client();
    const { inboxId } = await client.inboxes.create({ username: "counted" });
    await sendMail(app.smtpPort, "a@secret.test", [inboxId], "Subject: x\r\n\r\nHi\r\n");
    const session = await SmtpSession.open(app.smtpPort);
    await session.reply();
    for (const line of [
      "EHLO x.test",
      "MAIL FROM:<a@secret.test>",
      "RCPT TO:<nobody@rookery.localhost>",
      "QUIT",
    ])
      await session.command(line);
    session.close();
    const to = [inboxId, "b@secret.test", "c@other-secret.test"];
    await client.inboxes.messages.send(inboxId, { to, text: "Hi." });
    const values = await eventually("all is counted", async () => {
      const found = await scraped();
      return found.get('rookery_outbound_attempts_total{state="captured"}') === 2 &&
        found.has('rookery_mail_accepted_total{from="elsewhere"}')
        ? found
        : null;
    });
    expect(values.get('rookery_mail_accepted_total{from="elsewhere"}')).toBe(1);
    expect(values.get('rookery_ingest_seconds_count{from="elsewhere"}')).toBe(1);
    expect(values.get('rookery_smtp_refused_total{command="RCPT",code="550",enhanced_code="5.1.1"}')).toBe(1);
    expect([...values.keys()].filter((key) => /secret|counted|@/.test(key))).toEqual([]);
  });

  it("connections, the delay of the event loop, and the version", async () => {
    const values = await scraped();
    expect(values.get('rookery_pool_connections{role="rookery_app",state="max"}')).toBeGreaterThan(0);
    expect(values.has('rookery_pool_connections{role="rookery_worker",state="waiting"}')).toBe(true);
    expect(values.has("nodejs_eventloop_lag_p99_seconds")).toBe(true);
    expect([...values.keys()].some((key) => key.startsWith("rookery_info{version="))).toBe(true);
  });
});

it("what waits is counted by queue, lane and state, with its age and how late it is", async () => {
  const other = await testApp({ ROOKERY_SERVICES: "http" });
  const db = new pg.Client({ connectionString: other.databaseUrl });
  await db.connect();
  try {
    const client = other.client();
    const { inboxId, podId } = await client.inboxes.create({});
    await client.webhooks.create({ url: "http://127.0.0.1:18080/", eventTypes: ["message.sent"] });
    const to = [inboxId.replace("@", "+x@"), "b@outside.test", "c@elsewhere.test"];
    await client.inboxes.messages.send(inboxId, { to, text: "Hi." });
    await db.query("set role rookery_worker");
    await db.query(
      "update outbound_deliveries set created_at = now() - interval '1 hour', next_attempt_at = now() - interval '1 minute'",
    );
    const text = (await other.request("GET", "/metrics", { key: null })).text;
    const value = (metric: string, queue: string, lane: string, state: string): number =>
      Number(
        new RegExp(`^${metric}\\{queue="${queue}",lane="${lane}",state="${state}"\\} (.*)$`, "m").exec(
          text,
        )?.[1],
      );
    expect(value("rookery_queue_depth", "outbound", "all", "queued")).toBe(2);
    expect(value("rookery_queue_age_seconds", "outbound", "all", "queued")).toBeGreaterThanOrEqual(3600);
    expect(value("rookery_queue_lag_seconds", "outbound", "all", "queued")).toBeGreaterThanOrEqual(60);
    expect(value("rookery_queue_lag_seconds", "outbound", "all", "queued")).toBeLessThan(3600);
    expect(value("rookery_queue_depth", "copies", "all", "queued")).toBe(1);
    expect(value("rookery_queue_depth", "webhooks", "working", "pending")).toBe(1);
    expect(value("rookery_queue_depth", "webhooks", "failing", "pending")).toBe(0);
    expect(text).toContain("rookery_queue_reading_up 1");
    expect(text).not.toContain(podId);
  } finally {
    await db.end();
    await other.stop();
  }
});

it("when the database does not answer it says so, and still tells of the process", async () => {
  const other = await testApp();
  const db = new pg.Client({ connectionString: other.databaseUrl });
  await db.connect();
  try {
    await db.query("set role rookery_owner").catch(() => undefined);
    await db.query("alter table webhook_deliveries rename to elsewhere");
    const { status, text } = await other.request("GET", "/metrics", { key: null });
    expect(status).toBe(200);
    expect(text).toContain("rookery_queue_reading_up 0");
    expect(text).toContain("process_cpu_seconds_total");
  } finally {
    await db.query("alter table elsewhere rename to webhook_deliveries");
    await db.end();
    await other.stop();
  }
});
