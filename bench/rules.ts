/**
 * What rules cost: evaluations a second of a hundred rules, ten of which name lists of 100,000 values; and the CPU of a mail with those
 * rules against one without any, in turn on one server, so that what else the machine does meets both alike. Under two conditions: those
 * of the bench `ingest`, where one tenant alone sends and its mails are committed in groups of ten and more; and beside another tenant,
 * where each is held to its pace (docs/decisions/0032-pace-of-the-loop.md), groups have one or two mails and each mail costs more.
 */
import { compileRules } from "../src/domain/guardrails/rules/compile.ts";
import { evaluate } from "../src/domain/guardrails/rules/evaluate.ts";
import type { Rule } from "../src/domain/guardrails/rules/rule.ts";
import { arrivalFrom } from "../src/domain/guardrails/rules/subject.ts";
import { ask, makeTenant, openSession } from "./client.ts";
import { cpuOf } from "./cpu.ts";
import { type Figures, percentile } from "./report.ts";
import type { ServerProcess } from "./server.ts";

const RULES = 100;
/** Of those, that name a list. */
const LIST_RULES = 10;
const LIST_VALUES = 100_000;
const VALUES_A_REQUEST = 1000;
const EVALUATIONS = 200_000;
/** Two rounds of the same differ by a tenth and more, on a quiet machine as well. */
const ROUNDS = 16;
const MAILS_A_ROUND = 800;
/** As `ingest`. */
const SESSIONS = 20;
const BODY = "Nulla dies sine linea. Nulla dies sine linea.\r\n".repeat(105);

/** None of them fits the mail that is sent: every rule is looked at, and none ends it. */
const termsOf = (index: number, listId: string) => ({
  match: {
    operator: "all" as const,
    conditions: [
      index < LIST_RULES
        ? ({ field: "from.domain", operator: "in_list", value: [listId] } as const)
        : ({
            field: "from.domain",
            operator: index % 2 === 0 ? "is" : "contains",
            value: `n${index}.example`,
          } as const),
    ],
  },
  actions: [{ type: index % 5 === 0 ? ("block" as const) : ("archive" as const) }],
});

function evaluationsPerSecond(): number {
  const at = new Date();
  const rules = Array.from({ length: RULES }, (_, index): Rule => {
    const own = { id: `r${index}`, organizationId: "o", name: "R", description: null, priority: 10 };
    return {
      ...own,
      enabled: true,
      trigger: "inbound",
      ...termsOf(index, "l"),
      createdAt: at,
      updatedAt: at,
    };
  });
  const compiled = compileRules(rules, "inbound");
  const subject = arrivalFrom("a@outside.test");
  const listed = new Set(["l other.example"]);
  const isListed = (listId: string, value: string): boolean => listed.has(`${listId} ${value}`);
  const began = process.cpuUsage();
  let matched = 0;
  for (let done = 0; done < EVALUATIONS; done++)
    matched += evaluate(compiled, subject, isListed).matched.length;
  if (matched > 0) throw new Error("a rule matched that fits nothing");
  const { user, system } = process.cpuUsage(began);
  return EVALUATIONS / ((user + system) / 1e6);
}

/** @throws Error unless it is answered with 2xx */
async function askV3(server: ServerProcess, method: string, path: string, body: object): Promise<string> {
  const answer = await fetch(`${server.baseUrl}/v3${path}`, {
    method,
    headers: { authorization: `Bearer ${server.rootKey}` },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${text}`);
  // Cast: an object with an id, in the API's own contract.
  return (JSON.parse(text) as { data: { id: string } }).data.id;
}

/** A list, and rules of which some name it. @returns ids of the rules */
async function furnish(server: ServerProcess): Promise<string[]> {
  const listId = await askV3(server, "POST", "/lists", { name: "L", type: "domain" });
  for (let from = 0; from < LIST_VALUES; from += VALUES_A_REQUEST) {
    const items = Array.from({ length: VALUES_A_REQUEST }, (_, index) => `v${from + index}.example`);
    await askV3(server, "POST", `/lists/${listId}/items`, { items });
  }
  const ids: string[] = [];
  for (let index = 0; index < RULES; index++)
    ids.push(await askV3(server, "POST", "/rules", { name: `R${index}`, ...termsOf(index, listId) }));
  return ids;
}

const attach = (server: ServerProcess, pod: string, ids: readonly string[]): Promise<string> =>
  askV3(server, "PATCH", `/workspaces/${pod}`, { rule_ids: ids });

interface Place {
  readonly server: ServerProcess;
  readonly directory: string;
}

/** Milliseconds of CPU a mail. */
interface MailCost {
  readonly node: number;
  readonly postgres: number;
}

/** Each mail is from a sender of its own, so that value lists have something to say about each. */
async function round({ server, directory }: Place, inbox: string, name: string): Promise<MailCost> {
  const before = await cpuOf(server.pid, directory);
  const lane = async (first: number): Promise<void> => {
    const session = await openSession(server.smtpPort);
    for (let index = first; index < MAILS_A_ROUND; index += SESSIONS) {
      const sender = `a@${name}-${index}.test`;
      session.write(`MAIL FROM:<${sender}>\r\nRCPT TO:<${inbox}>\r\nDATA\r\n`);
      for (let reply = 0; reply < 3; reply++) await session.reply();
      session.write(`From: ${sender}\r\nMessage-ID: <${name}-${index}@bench>\r\n\r\n${BODY}.\r\n`);
      const reply = await session.reply();
      if (!reply.startsWith("250")) throw new Error(`not taken: ${reply}`);
    }
    session.close();
  };
  await Promise.all(Array.from({ length: SESSIONS }, (_, index) => lane(index)));
  const after = await cpuOf(server.pid, directory);
  return {
    node: (after.node - before.node) / MAILS_A_ROUND,
    postgres: (after.postgres - before.postgres) / MAILS_A_ROUND,
  };
}

const median = (values: readonly number[]): number => percentile(values, 0.5);

const total = ({ node, postgres }: MailCost): number => node + postgres;

/** Medians of each and of both together. */
const costOf = (costs: readonly MailCost[]): string =>
  `${median(costs.map(({ node }) => node)).toFixed(3)} ms Node, ${median(costs.map(({ postgres }) => postgres)).toFixed(3)} ms PostgreSQL, ${median(costs.map(total)).toFixed(3)} ms together`;

/** Rounds without and with rules in turn, the one first and the other. @param send a round, named */
async function compared(
  condition: string,
  send: (isRuled: boolean, name: string) => Promise<MailCost>,
): Promise<Figures["rows"]> {
  const [free, held]: [MailCost[], MailCost[]] = [[], []];
  for (let turn = -1; turn < ROUNDS; turn++) {
    const costs = new Map<boolean, MailCost>();
    for (const isRuled of turn % 2 === 0 ? [false, true] : [true, false])
      costs.set(isRuled, await send(isRuled, `${isRuled ? "ruled" : "plain"}${turn + 1}`));
    const [without, withRules] = [costs.get(false), costs.get(true)];
    // The first warms up.
    if (turn < 0 || without === undefined || withRules === undefined) continue;
    free.push(without);
    held.push(withRules);
  }
  const ratios = free.map((without, index) => {
    const ruledCost = held[index];
    return ruledCost === undefined ? Number.NaN : total(ruledCost) / total(without);
  });
  return [
    [`${condition}: CPU of a mail without rules`, costOf(free)],
    [`${condition}: CPU of a mail with them, one row of the trail each`, costOf(held)],
    [
      `${condition}: with : without, median of ${ROUNDS} pairs, and the middle half of them`,
      `${median(ratios).toFixed(3)} (${percentile(ratios, 0.25).toFixed(2)} to ${percentile(ratios, 0.75).toFixed(2)})`,
    ],
  ];
}

/** One inbox, whose pod has the rules attached in every other round. */
async function alone(place: Place, ids: readonly string[]): Promise<Figures["rows"]> {
  const { server } = place;
  // In the Default Pod, whose requests are the same tenant's: nobody else is there.
  const made = await ask(server, server.rootKey, "/inboxes", { username: "alone" });
  const [pod, inbox] = [String(made["pod_id"]), String(made["inbox_id"])];
  const rows = await compared("alone", async (isRuled, name) => {
    await attach(server, pod, isRuled ? ids : []);
    return round(place, inbox, `alone-${name}`);
  });
  const trail = await ask(server, server.rootKey, `/inboxes/${inbox}/messages?limit=1`);
  if (trail["count"] !== 1) throw new Error("the mail is not there");
  return rows;
}

/** Two tenants, of which one has the rules. */
async function besideAnother(place: Place, ids: readonly string[]): Promise<Figures["rows"]> {
  const { server } = place;
  const plain = await makeTenant(server, "plain", 1);
  const ruled = await makeTenant(server, "ruled", 1);
  await attach(server, ruled.pod, ids);
  return compared("beside another tenant", (isRuled, name) =>
    round(place, (isRuled ? ruled : plain).inboxes[0] ?? "", `beside-${name}`),
  );
}

export async function rules(server: ServerProcess, directory: string): Promise<Figures> {
  const perSecond = evaluationsPerSecond();
  const place = { server, directory };
  const ids = await furnish(server);
  return {
    name: `rules: ${RULES} of them, ${LIST_RULES} of which name a list of ${LIST_VALUES} values; ${SESSIONS} sessions`,
    rows: [
      [
        "evaluations, by CPU time of one process",
        `${Math.round(perSecond)} a second, ${(1e6 / perSecond).toFixed(1)} µs each`,
      ],
      ...(await alone(place, ids)),
      ...(await besideAnother(place, ids)),
    ],
  };
}
