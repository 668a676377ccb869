/** `rookery agent rule explain`: which rule did what to a message, and why. */
import { z } from "zod";
import { inPath } from "../client/client.ts";
import { fold } from "../fold.ts";
import { colour, detailsOf, minuteOf, type OutputOptions, present } from "../output.ts";
import { type CommandParts, UsageError } from "../parts.ts";
import { clientOf, orAbsent, readGrant } from "./read.ts";
import { actionText, conditionText } from "./rule.ts";

const doneShape = { actions: z.array(z.string()), folders: z.array(z.string()) };

const explanationShape = z.object({
  message_id: z.string(),
  inbox_id: z.string(),
  recorded: z
    .object({ ...doneShape, matched_rule_ids: z.array(z.string()), evaluated_at: z.string() })
    .nullish(),
  rules: z.array(
    z.object({
      rule_id: z.string(),
      name: z.string(),
      matches: z.boolean(),
      reached: z.boolean(),
      actions: z.array(z.object({ type: z.string(), value: z.string().nullish() })),
      match_operator: z.string(),
      conditions: z.array(
        z.object({
          field: z.string(),
          operator: z.string(),
          value: z.union([z.string(), z.array(z.string())]),
          holds: z.boolean(),
          actual: z.array(z.string()),
        }),
      ),
    }),
  ),
  now: z.object(doneShape),
});
type Explanation = z.output<typeof explanationShape>;
type ExplainedRule = Explanation["rules"][number];

export async function explainRules(
  parts: CommandParts,
  message: string,
  options: OutputOptions & { readonly account?: string },
): Promise<void> {
  const account = (options.account ?? parts.environment["NYLAS_GRANT_ID"] ?? "").trim();
  if (account === "")
    throw new UsageError("Whose message is it? Give --account with the id or the address of its account.");
  const client = await clientOf(parts);
  const { email } = await readGrant(client, account);
  const path = `/v0/inboxes/${inPath(email)}/messages/${inPath(message)}/rules`;
  const explanation = await orAbsent(
    // One that a rule refused on arrival was not stored.
    `stored message ${message} in ${email}`,
    `rookery inboxes messages list ${email}`,
    client.call({ method: "GET", path }, explanationShape),
  );
  await present(parts, options, {
    json: explanation,
    ids: explanation.recorded?.matched_rule_ids ?? [],
    text: () => explanationText(explanation),
  });
}

export function explanationText(explanation: Explanation): string {
  const { recorded, rules, now } = explanation;
  const names = new Map(rules.map(({ rule_id: id, name }) => [id, name]));
  const by = (recorded?.matched_rule_ids ?? []).map((id) => names.get(id) ?? id).join(", ");
  return [
    detailsOf([
      ["Message", explanation.message_id],
      ["Account", explanation.inbox_id],
      [
        "When it came",
        recorded
          ? `${doneText(recorded)}${by === "" ? "" : ` by ${by}`} (${minuteOf(Date.parse(recorded.evaluated_at) / 1000)})`
          : "no rule was looked at, or it was too long ago",
      ],
      ["Now", `${doneText(now)}`],
    ]),
    ...(rules.length === 0 ? ["", "No rule is in force for it."] : rules.flatMap(ruleLines)),
  ].join("\n");
}

const doneText = ({ actions, folders }: { actions: readonly string[]; folders: readonly string[] }): string =>
  [...actions, ...folders.map((name) => `folder ${name}`)].join(", ") || "nothing";

function ruleLines(rule: ExplainedRule): string[] {
  const verdict = rule.reached
    ? rule.matches
      ? `matches: ${rule.actions.map(actionText).join(", ")}`
      : "does not match"
    : "is not looked at: a rule before it blocks";
  return [
    "",
    fold(
      `${mark(rule.matches && rule.reached)} ${rule.name} (${rule.match_operator}) ${verdict}`,
      process.stdout,
      2,
    ),
    ...rule.conditions.map(
      (condition) =>
        `  ${mark(condition.holds)} ${fold(`${conditionText(condition)}; it has ${condition.actual.join(", ") || "none"}`, process.stdout, 6)}`,
    ),
  ];
}

const mark = (holds: boolean): string => (holds ? colour("green", "✓") : colour("dim", "✗"));
