/** `rookery agent rule test`: what a rule would have done to mail that is there, by the server's own evaluator; nothing is changed. */
import { z } from "zod";
import { systemClock } from "../../lib/clock.ts";
import { type Client, inPath } from "../client/client.ts";
import { ClientError } from "../client/failures.ts";
import { cellColumns, counted, dayOf, doneLine, present, tableOf } from "../output.ts";
import { type CommandParts, UsageError } from "../parts.ts";
import { createCount } from "../progress.ts";
import { bodyGiven } from "./body.ts";
import { clientOf, readGrant, readWorkspace } from "./read.ts";
import { fieldsOf, matchOf, type RuleOptions } from "./rules.ts";
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

export interface TrialOptions extends RuleOptions {
  readonly since?: string;
  readonly account?: string;
  readonly workspace?: string;
}

export async function testRule(
  parts: CommandParts,
  ruleId: string | undefined,
  options: TrialOptions,
): Promise<void> {
  const tried = await onTrial(parts, ruleId, options);
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
    text: () => trialText(matches, summary),
  });
  if (!summary.complete)
    parts.tell(
      `The trial was ended by its bound on ${summary.ended_by}: try a shorter --since, or one account.`,
    );
}

/** The rule of the argument, or the one that the options describe. @throws UsageError unless it is one of them */
async function onTrial(
  parts: CommandParts,
  ruleId: string | undefined,
  options: TrialOptions,
): Promise<object> {
  const given = await bodyGiven(parts, options);
  const said = { ...given, ...fieldsOf(options), ...matchOf(options, given["match"]) };
  const isDescribed = Object.keys(said).length > 0;
  if (ruleId !== undefined && isDescribed)
    throw new UsageError("Give the id of a rule, or describe one that is not there: not both.");
  if (ruleId !== undefined) return { rule_id: ruleId };
  if (!isDescribed)
    throw new UsageError(
      "Which rule? Give its id, or describe one with --condition and --action, or --data.",
    );
  // Of a rule that is not there, only what decides about a message.
  const { trigger, match, actions } = said as Record<string, unknown>;
  return { rule: { ...(trigger !== undefined && { trigger }), match, actions } };
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
      else throw new ClientError(`${line.message}${line.fix ? ` ${line.fix}` : ""} The trial ended there.`);
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

async function trialText(matches: readonly Match[], { judged, matched }: Summary): Promise<string> {
  const head = doneLine(
    `${counted(judged, "message")} judged, ${matched === 0 ? "none" : matched.toLocaleString("en")} of them would have matched. Nothing was changed.`,
  );
  if (matches.length === 0) return head;
  const table = await tableOf(
    [
      ["from, account", FROM_COLUMNS],
      ["subject", SUBJECT_COLUMNS],
      ["would be", ACTIONS_COLUMNS],
      ["received", DAY_COLUMNS],
    ],
    matches
      .slice(0, MOST_SHOWN)
      .map(({ from, inbox_id: account, subject, actions, folders, timestamp }) => [
        `${from ?? ""}\n${account}`,
        subject ?? "",
        [...actions, ...folders.map((name) => `in ${name}`)].join("\n") || "nothing",
        dayOf(Date.parse(timestamp) / 1000),
      ]),
  );
  const more = matches.length - MOST_SHOWN;
  return [head, table, ...(more > 0 ? [`and ${more.toLocaleString("en")} more: --json has all.`] : [])].join(
    "\n",
  );
}
