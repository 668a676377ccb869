import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { keptFile } from "../../../../test/support/kept-file.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { restrictedLabels, systemScope } from "../../door/access/index.ts";
import { createListEntry } from "../../guardrails/lists/index.ts";
import { createWebhook } from "../../notify/webhooks/index.ts";
import { createApiKey } from "../../tenancy/api-keys/index.ts";
import { suspendPod } from "../../tenancy/pods/index.ts";
import { createDraft } from "../../transit/drafts/index.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { type ExportCursor, type Exported, exportPod } from "./index.ts";
import { EXPORT_MESSAGES } from "./limits.ts";

let t: TestDoor;
let deliver: ReturnType<typeof mailInto>;
beforeAll(async () => {
  t = await openTestDoor();
  deliver = mailInto(t);
});
afterAll(() => t.close());

/** All parts; `between` runs before each that follows. */
async function partsOf(pod: string, by = t.rootToken, between = async (): Promise<unknown> => null) {
  const parts: Exported[] = [];
  let cursor: ExportCursor | null = null;
  do {
    if (cursor !== null) await between();
    const part: Exported = await t.run(by, exportPod, { pod }, { cursor });
    parts.push(part);
    cursor = part.next;
  } while (cursor !== null);
  return parts;
}

const messagesOf = (parts: readonly Exported[]) =>
  parts.flatMap((part) => (part.section === "messages" ? part.items : []));

async function tenant() {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  return { pod, inbox };
}

describe("the export of a pod", () => {
  it("has every message with its bytes, and every setting, of the pod and of no other; suspended it can be had as well", async () => {
    const [{ pod, inbox }, other] = [await tenant(), await tenant()];
    for (let index = 0; index < 3; index++)
      await deliver(inbox, { id: `<${index}@x.test>`, text: `Nr ${index}` });
    await deliver(other.inbox, { id: "<other@x.test>" });
    await t.run(
      t.rootToken,
      sendMessage,
      { inbox },
      { to: ["a@b.example"], bcc: ["c@d.example"], text: "Hi", idempotencyKey: null },
    );
    await t.run(t.rootToken, createApiKey, { inbox }, { name: "agent" });
    await t.run(
      t.rootToken,
      createListEntry,
      { inbox },
      { direction: "send", listType: "block", entry: "x.test" },
    );
    const hook = {
      url: "https://hooks.example.com/",
      eventTypes: ["message.sent"] as const,
      podIds: [],
      inboxIds: [],
    };
    await t.run(t.rootToken, createWebhook, { pod }, hook);
    await t.run(t.rootToken, suspendPod, { pod }, {});
    const parts = await partsOf(pod);
    expect(parts.map(({ section }) => section).join(" ")).toBe(
      "pod domains webhooks apiKeys listEntries inboxes drafts messages files end",
    );
    const messages = messagesOf(parts);
    expect(messages.map(({ address, direction }) => [address, direction])).toEqual([
      ...Array(3).fill([inbox, "inbound"]),
      [inbox, "outbound"],
    ]);
    expect(messages[1]?.raw.toString()).toContain("\r\n\r\nNr 1\r\n");
    expect(messages[3]).toMatchObject({ bcc: ["c@d.example"] });
    expect(parts).toContainEqual(
      expect.objectContaining({ section: "apiKeys", items: [expect.objectContaining({ name: "agent" })] }),
    );
    expect(parts).toContainEqual(
      expect.objectContaining({
        section: "listEntries",
        items: [expect.objectContaining({ entry: "x.test" })],
      }),
    );
    const bytes = messages.reduce((sum, { raw }) => sum + raw.byteLength, 0);
    expect(parts.at(-1)).toMatchObject({ section: "end", counts: { inboxes: 1, messages: 4, bytes } });
    const { rows } = await t.behind((tx) =>
      sql`select from audit where pod_id = ${pod} and operation = 'pod.export'`.execute(
        tx.within(systemScope),
      ),
    );
    expect(rows).toHaveLength(1);
  });

  it("has its drafts with the bytes of their files", async () => {
    const { pod, inbox } = await tenant();
    const file = { filename: "a.txt", content: Buffer.from("bytes").toString("base64") };
    const draft = { subject: "Unsent", attachments: [file], replyAll: false };
    await t.run(t.rootToken, createDraft, { inbox }, draft);
    const drafts = (await partsOf(pod)).flatMap((part) => (part.section === "drafts" ? part.items : []));
    expect(drafts.map(({ subject, files }) => [subject, files[0]?.content.toString()])).toEqual([
      ["Unsent", "bytes"],
    ]);
  });

  it("comes in parts that are bounded, with what was there when it began and nothing that came later", async () => {
    const { pod, inbox } = await tenant();
    const count = EXPORT_MESSAGES + 5;
    await Promise.all(
      Array.from({ length: count }, (_none, index) => deliver(inbox, { id: `<${index}@many.test>` })),
    );
    let later = 0;
    const parts = await partsOf(pod, t.rootToken, () =>
      deliver(inbox, { id: `<later-${++later}@many.test>` }),
    );
    const messages = messagesOf(parts);
    expect(messages).toHaveLength(count);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(count);
    for (const part of parts)
      if (part.section === "messages") expect(part.items.length).toBeLessThanOrEqual(EXPORT_MESSAGES);
  });

  it("has files that are complete and have not ended, without those that came later", async () => {
    const { pod, inbox } = await tenant();
    const keep = (path: string, expiresAt?: Date) =>
      keptFile(t, inbox, { path, content: Buffer.from(`bytes of ${path}`), ...(expiresAt && { expiresAt }) });
    await keep("a.txt");
    const soon = await keep("ends.txt", new Date(Date.now() + 3_600_000));
    await t.behind((tx) =>
      sql`update files set ends_at = now() - interval '1 second' where id = ${soon.id}`.execute(
        tx.within(systemScope),
      ),
    );
    let later = 0;
    const parts = await partsOf(pod, t.rootToken, () => keep(`later-${++later}.txt`));
    const files = parts.flatMap((part) => (part.section === "files" ? part.items : []));
    expect(files.map(({ file, content }) => [file.path, file.inboxAddress, content.toString()])).toEqual([
      ["a.txt", inbox, "bytes of a.txt"],
    ]);
    expect(parts.at(-1)).toMatchObject({ counts: { files: 1, fileBytes: "bytes of a.txt".length } });
  });

  it("fails where bytes are missing, and while an inbox is on its way, instead of leaving something out", async () => {
    const { pod, inbox } = await tenant();
    await deliver(inbox, { id: "<whole@x.test>" });
    await t.behind((tx) =>
      sql`update inboxes set moving_to = ${t.organizationId} where address = ${inbox}`.execute(
        tx.within(systemScope),
      ),
    );
    expect((await t.refusal(t.rootToken, exportPod, { pod }, { cursor: null })).code).toBe("object.conflict");
  });

  it("needs every permission to read what is in it; a pod's own key has its pod's", async () => {
    const [{ pod }, other] = [await tenant(), await tenant()];
    const needed = [
      ...([
        "pod_read",
        "inbox_read",
        "message_read",
        "draft_read",
        "file_read",
        "domain_read",
        "webhook_read",
        "api_key_read",
        "list_entry_read",
      ] as const),
      ...restrictedLabels.map((label) => `label_${label}_read` as const),
    ];
    for (const left of needed) {
      const { token } = await t.seed.key({}, ...needed.filter((permission) => permission !== left));
      expect((await t.refusal(token, exportPod, { pod }, { cursor: null })).code).toBe("permission.missing");
    }
    const { token } = await t.seed.key({ pod }, ...needed);
    await partsOf(pod, token);
    expect((await t.refusal(token, exportPod, { pod: other.pod }, { cursor: null })).code).toBe(
      "pod.not_found",
    );
  });
});
