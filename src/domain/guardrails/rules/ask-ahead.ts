/**
 * Value lists asked about a sender together with the look-up of the recipient, before it is known which rules are in force: those that
 * the rules of the address named the last time. A wrong guess costs a statement, never an answer: what was said counts for rules that
 * name the same lists only.
 */
import type { Memory, Slot } from "../../../lib/memory.ts";
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";
import type { ListedField } from "./compile.ts";
import { MAX_ADDRESSES_WITH_KNOWN_LISTS } from "./limits.ts";
import { askLists } from "./listed.ts";
import { arrivalFrom } from "./subject.ts";
import type { IsListed } from "./values.ts";

/** What value lists said of a sender. */
export interface AskedAhead {
  readonly sender: string;
  /** Before they were asked, so that an answer never counts as newer than it is. */
  readonly at: Date;
  /** Those that were asked: of compiled rules, by identity. */
  readonly lists: readonly ListedField[];
  readonly isListed: IsListed;
}

const lastAsked: Slot<readonly ListedField[]> = {
  name: "lists of addresses",
  maxWeight: MAX_ADDRESSES_WITH_KNOWN_LISTS,
  weightOf: () => 1,
};

/** @param address under which the recipient was found @param lists that the rules in force for it name */
export function rememberLists(memory: Memory, address: string, lists: readonly ListedField[]): void {
  if (lists.length > 0) memory.set(lastAsked, address, lists);
}

/** Mail for one of some addresses, which is found under the first that an inbox has. */
export interface AheadQuestion {
  readonly addresses: readonly string[];
  /** Empty: the null reverse-path, of whom nothing is asked. */
  readonly sender: string;
}

/** One statement at most. @returns what was said for each, in order; undefined where nothing was asked */
export async function askAhead(
  tx: Tx,
  scope: AnyScope,
  memory: Memory,
  questions: readonly AheadQuestion[],
  at: Date,
): Promise<readonly (AskedAhead | undefined)[]> {
  const asked = questions.map(({ addresses, sender }) => {
    const [lists] = sender === "" ? [] : addresses.flatMap((one) => known(memory, one));
    return lists === undefined ? null : { sender, lists, subject: arrivalFrom(sender) };
  });
  const isListed = await askLists(
    tx,
    scope,
    asked.filter((one) => one !== null),
  );
  return asked.map((one) => (one === null ? undefined : { ...one, at, isListed }));
}

const known = (memory: Memory, address: string): readonly (readonly ListedField[])[] => {
  const lists = memory.get(lastAsked, address);
  return lists === undefined ? [] : [lists];
};
