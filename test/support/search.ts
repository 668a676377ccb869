/** Searches of mail for tests: what asks for everything, and the index, brought up to date. */
import { indexTurn, type SearchMail } from "../../src/domain/mail/search/index.ts";
import type { TestDoor } from "./test-door.ts";

export const everything: SearchMail = {
  query: "",
  order: "relevance",
  before: null,
  after: null,
  page: { size: 100, after: null },
};

/** Indexes what is queued, as the job does. */
export async function indexAll(t: TestDoor): Promise<void> {
  for (let after: string | null = null; ; ) {
    const turn = await indexTurn(t.database, after);
    after = turn.after;
    if (turn.count === 0) return;
  }
}

/** Runs a check before the mail is indexed and after: the two must not differ. */
export async function beforeAndAfterIndexing(t: TestDoor, check: () => Promise<void>): Promise<void> {
  await check();
  await indexAll(t);
  await check();
}
