/** Which folders are there. There is no list of an inbox's folders: one is there when the inbox has the label, or its policy names it. */
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";
import { findLabelsInUse } from "../../mail/labels/index.ts";
import { findPolicyFolders } from "../policies/index.ts";
import type { Verdict } from "./evaluate.ts";
import { foldersWanted, type IsFolder } from "./placement.ts";

/** An inbox as far as its folders go. */
export interface FoldersOf {
  readonly id: string;
  readonly podId: string;
  readonly policyId: string | null;
}

/** @param asked verdicts, each with the inbox of its message; none that assigns to a folder asks nothing */
export async function findFolders(
  tx: Tx,
  scope: AnyScope,
  asked: readonly { readonly inbox: FoldersOf; readonly verdict: Verdict }[],
): Promise<(inbox: FoldersOf) => IsFolder> {
  const wanted = asked.flatMap(({ inbox, verdict }) =>
    foldersWanted(verdict).map((label) => ({ inbox, podId: inbox.podId, inboxId: inbox.id, label })),
  );
  if (wanted.length === 0) return () => () => false;
  const policyIds = [...new Set(wanted.flatMap(({ inbox }) => inbox.policyId ?? []))];
  const [labels, folders] = await Promise.all([
    findLabelsInUse(tx, scope, wanted),
    findPolicyFolders(tx, scope, policyIds),
  ]);
  return ({ id, policyId }) =>
    (name) =>
      labels.has(`${id} ${name}`) || (policyId !== null && folders.get(policyId)?.includes(name) === true);
}
