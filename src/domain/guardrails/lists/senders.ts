/** What receive and reply lists make of mail that arrives (contract 11): asked for a whole group of it at once. */
import type { Tx } from "../../../storage/db.ts";
import type { InboxTarget, SystemScope } from "../../door/access/index.ts";
import { entriesNaming } from "./entry.ts";
import type { Direction } from "./list-entry.ts";
import { findListedSenders, type Listed } from "./store.ts";
import { type Refusal, refusalOf } from "./verdict.ts";

/** A sender, as the lists around one inbox are asked about it. */
export interface SenderTo {
  readonly inbox: Pick<InboxTarget, "id" | "podId" | "organizationId">;
  /** Null: the mail names none. No entry names that, so that it is refused where there are allow lists. */
  readonly sender: string | null;
}

/** @param direction reply for mail that answers one of ours, receive for all other */
export type SenderVerdict = (asked: SenderTo, direction: Exclude<Direction, "send">) => Refusal;

/** Reads the lists in one statement. @returns what they say of any of `asked` */
export async function judgeSenders(
  tx: Tx,
  scope: SystemScope,
  asked: readonly SenderTo[],
): Promise<SenderVerdict> {
  const distinct = [...new Map(asked.map((one) => [keyOf(one), one])).values()];
  const found = await findListedSenders(
    tx,
    scope,
    distinct.map(({ inbox, sender }) => ({ inbox, names: sender === null ? [] : entriesNaming(sender) })),
  );
  const listed = Map.groupBy(found, ({ at, direction }) => {
    const one = distinct[at];
    return one === undefined ? "" : `${keyOf(one)}\n${direction}`;
  });
  const none: readonly Listed[] = [];
  return (one, direction) => refusalOf(one.sender, listed.get(`${keyOf(one)}\n${direction}`) ?? none);
}

const keyOf = ({ inbox, sender }: SenderTo): string => `${inbox.id}\n${sender ?? ""}`;
