import { afterAll, beforeAll, expect, test } from "vitest";
import { callCommand } from "../../../test/support/command.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { type TestApp, testApp } from "../../../test/support/test-app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app.stop());

/** Runs a command against the server. @returns its exit code, and what it printed */
async function rookery(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const environment = { ROOKERY_BASE_URL: app.baseUrl, ROOKERY_API_KEY: app.rootKey };
  const { code, stdout: out, stderr: err } = await callCommand(args, "/tmp", environment);
  return { code: code ?? -1, out, err };
}

test("deliveries are listed and shown as tables and as JSON, and what cannot be done is said with exit code 1", async () => {
  const { inboxId } = await app.client().inboxes.create({ username: "teller" });
  await app.client().inboxes.messages.send(inboxId, { to: ["ada@outside.test"], text: "Hi" });
  const list = ["deliveries", "list", "--inbox", inboxId, "--state", "captured"];
  await eventually("it is captured", async () => (await rookery(...list, "--quiet")).out.trim() !== "");
  const { code, out } = await rookery(...list);
  expect([code, out]).toEqual([0, expect.stringContaining("ada@outside.test")]);
  expect(out.split("\n").every((line) => line.length <= 80)).toBe(true);
  const [delivery, ...others] = JSON.parse((await rookery(...list, "--json")).out);
  expect(delivery).toMatchObject({ state: "captured", domain: "outside.test", inbox_id: inboxId });
  expect(others).toEqual([]);
  // In one piece, to be copied.
  expect(out).toContain(`${delivery.delivery_id}  captured`);
  const shown = await rookery("deliveries", "show", delivery.delivery_id);
  expect(shown.out).toMatch(/^Why:\s+kept here: ROOKERY_OUTBOUND=capture$/m);
  const retried = await rookery("deliveries", "retry", delivery.delivery_id);
  expect([retried.code, retried.err]).toEqual([1, expect.stringContaining("captured")]);
  const absent = await rookery("deliveries", "cancel", "0190a000-0000-7000-8000-00000000dead");
  expect([absent.code, absent.err]).toEqual([1, expect.stringContaining("rookery deliveries list")]);
});

test("the queue says when nothing waits, and takes a pod or an inbox, not both", async () => {
  expect((await rookery("queue")).out).toBe("Nothing waits for other servers.\n");
  expect((await rookery("queue", "--json")).out.trim()).toBe("[]");
  expect((await rookery("queue", "--pod", "a", "--inbox", "b")).code).toBe(2);
  expect((await rookery("deliveries", "list", "--limit", "0")).code).toBe(2);
});
