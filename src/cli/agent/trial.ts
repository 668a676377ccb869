/** A trial on a server: where it is asked for, the lines that it answers with, and how it is printed; nothing is changed. */
import { z } from "zod";
import { systemClock } from "../../lib/clock.ts";
import { type Client, inPath } from "../client/client.ts";
import { ClientError, sentencesOf } from "../client/failures.ts";
import { cellColumns, counted, dayOf, doneLine, type OutputOptions, present, tableOf } from "../output.ts";
import { type CommandParts, UsageError } from "../parts.ts";
import { createCount } from "../progress.ts";
import { clientOf, readGrant, readWorkspace } from "./read.ts";
import { sinceOf } from "./since.ts";

/** Matches that people are shown; --json has all. */
const MOST_SHOWN = 50;

const matchShape = z.object({
  type: z.literal("match"),
  inbox_id: z.string(),
  message_id: z.string(),
  from: z.string().nullish(),
  subject: z.string().nullish(),
  timestamp: z.string(),
  actions: z.array(z.string()),
  folders: z.array(z.string()),
  direction: z.string().nullish(),
  limit: z.string().nullish(),
  reason: z.string().nullish(),
});
type Match = z.output<typeof matchShape>;

const progressShape = z.object({ type: z.literal("progress"), judged: z.number(), matched: z.number() });
const summaryShape = z.object({
  type: z.literal("summary"),
  judged: z.number(),
  matched: z.number(),
  complete: z.boolean(),
  ended_by: z.string().nullish(),
});
type Summary = z.output<typeof summaryShape>;

/** An error that comes when the answer has begun, and its status was sent. */
const errorShape = z.object({
  type: z.undefined().optional(),
  message: z.string(),
  fix: z.string().nullish(),
});

const lineShape = z.union([matchShape, progressShape, summaryShape, errorShape]);

export interface TrialOptions extends OutputOptions {
  readonly since?: string;
  readonly account?: string;
  readonly workspace?: string;
}

/** @param tried the field of the request that names or holds what is tried; `verb` says what it does to a message */
export async function tryOut(
  parts: CommandParts,
  { tried, verb }: { readonly tried: object; readonly verb: string },
  options: TrialOptions,
): Promise<void> {
  const since = options.since === undefined ? {} : { since: sinceOf(options.since, systemClock.now()) };
  const client = await clientOf(parts);
  const path = `${await placeOf(client, options)}/rules/dry-run`;
  const { matches, summary } = await runTrial(client, path, { ...tried, ...since });
  await present(parts, options, {
    json: {
      judged: summary.judged,
      matched: summary.matched,
      complete: summary.complete,
      ...(summary.complete ? {} : { ended_by: summary.ended_by ?? "" }),
      matches: matches.map(({ type: _, ...match }) => match),
    },
    ids: matches.map(({ message_id: id }) => id),
    text: () => trialText(matches, summary, verb),
  });
  if (!summary.complete)
    parts.tell(
      `The trial was ended by its bound on ${summary.ended_by}: try a shorter --since, or one account.`,
    );
}

async function placeOf(client: Client, { account, workspace }: TrialOptions): Promise<string> {
  if (account !== undefined && workspace !== undefined)
    throw new UsageError("--account and --workspace exclude each other: give one of them.");
  if (account !== undefined) return `/v0/inboxes/${inPath((await readGrant(client, account)).email)}`;
  if (workspace !== undefined)
    return `/v0/pods/${inPath((await readWorkspace(client, workspace)).workspace_id)}`;
  return "/v0";
}

async function runTrial(
  client: Client,
  path: string,
  body: object,
): Promise<{ matches: readonly Match[]; summary: Summary }> {
  const matches: Match[] = [];
  const count = createCount();
  let shown = 0;
  try {
    for await (const line of client.lines({ method: "POST", path, body }, lineShape)) {
      if (line.type === "match") matches.push(line);
      else if (line.type === "progress") {
        count.step("messages judged:", line.judged - shown);
        shown = line.judged;
      } else if (line.type === "summary") return { matches, summary: line };
      else throw new ClientError(`${sentencesOf(line)} The trial ended there.`);
    }
  } finally {
    count.end();
  }
  throw new ClientError("The trial was cut off: the connection ended before its summary. Try it again.");
}

const FROM_COLUMNS = 24;
const ACTIONS_COLUMNS = 15;
const DAY_COLUMNS = 10;
const SUBJECT_COLUMNS = cellColumns(4) - FROM_COLUMNS - ACTIONS_COLUMNS - DAY_COLUMNS;

function trialText(matches: readonly Match[], { judged, matched }: Summary, verb: string): string {
  const head = doneLine(
    `${counted(judged, "message")} judged, ${matched === 0 ? "none" : matched.toLocaleString("en")} of them would have ${verb}.\nNothing was changed.`,
  );
  if (matches.length === 0) return head;
  const table = tableOf(
    [
      ["from, account", FROM_COLUMNS],
      ["subject", SUBJECT_COLUMNS],
      ["would be", ACTIONS_COLUMNS],
      ["date", DAY_COLUMNS],
    ],
    matches
      .slice(0, MOST_SHOWN)
      .map(({ from, inbox_id: account, subject, actions, folders, reason, timestamp }) => [
        `${from ?? ""}\n${account}`,
        [subject ?? "", ...(reason ? [reason] : [])].join("\n"),
        [...actions.map(doneOf), ...folders.map((name) => `in ${name}`)].join("\n") || "nothing",
        dayOf(Date.parse(timestamp) / 1000),
      ]),
  );
  const more = matches.length - MOST_SHOWN;
  return [head, table, ...(more > 0 ? [`and ${more.toLocaleString("en")} more: --json has all.`] : [])].join(
    "\n",
  );
}

/** What a policy does in the words of a table; a rule's action is named as it is. */
const doneOf = (action: string): string =>
  action === "refuse" ? "refused" : action === "delete" ? "deleted" : action;
