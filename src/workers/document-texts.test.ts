import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../test/support/test-door.ts";
import { systemScope } from "../domain/door/access/index.ts";
import { systemClock } from "../lib/clock.ts";
import { createDocumentTexts } from "./document-texts.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

interface Asked {
  /** Asks for the text, which an attempt at finding gives so; undefined: the attempt takes too long. @returns whether there is some */
  ask(text: string | null | undefined): Promise<boolean>;
  readonly attempts: () => number;
  /** Lets so many seconds pass; those below 0 are of a clock that is set back. */
  pass(seconds: number): Promise<unknown>;
}

/** A document that arrived. */
async function document(): Promise<Asked> {
  const { address, podId } = await t.seed.inbox(await t.seed.pod());
  const file = { name: "a.txt", type: "text/plain", content: address };
  await mailInto(t)(address, { id: `<${podId}@texts.test>`, file });
  const { rows } = await t.behind((tx) =>
    sql<{ sha256: Buffer }>`select sha256 from attachments where pod_id = ${podId}`.execute(
      tx.within(systemScope),
    ),
  );
  const sha256 = rows[0]?.sha256 ?? Buffer.of();
  let attempts = 0;
  return {
    ask: (text) =>
      createDocumentTexts({
        ...{ database: t.database, clock: systemClock },
        async textOf() {
          attempts++;
          return text;
        },
      })({ podId, sha256, format: "plain" }),
    attempts: () => attempts,
    pass: (seconds) =>
      t.behind((tx) =>
        sql`update blob_texts set again_at = again_at - make_interval(secs => ${seconds}) where pod_id = ${podId}`.execute(
          tx.within(systemScope),
        ),
      ),
  };
}

it("a document that takes too long is tried again when ten minutes are over, and has its text then", async () => {
  const { ask, attempts, pass } = await document();
  expect(await ask(undefined)).toBe(false);
  expect(await ask("too soon")).toBe(false);
  await pass(590);
  expect(await ask("too soon")).toBe(false);
  expect(attempts()).toBe(1);
  await pass(10);
  expect(await ask("the text")).toBe(true);
  expect(await ask(null)).toBe(true);
  expect(attempts()).toBe(2);
});

it("one that always does is tried five times, and no more", async () => {
  const { ask, attempts, pass } = await document();
  for (let time = 0; time < 8; time++) {
    expect(await ask(undefined)).toBe(false);
    await pass(600);
  }
  expect(attempts()).toBe(5);
});

it("one without text is not tried again, also when that was found out late", async () => {
  const { ask, attempts, pass } = await document();
  await ask(undefined);
  await pass(600);
  expect(await ask(null)).toBe(false);
  await pass(600);
  expect(await ask("text")).toBe(false);
  expect(attempts()).toBe(2);
});

it("one that was put off while the clock was ahead is tried when that is set right", async () => {
  const { ask, pass } = await document();
  await ask(undefined);
  await pass(-86_400);
  expect(await ask("the text")).toBe(true);
});
