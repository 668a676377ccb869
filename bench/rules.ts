/**
 * What rules cost: evaluations a second of a hundred rules, ten of which name lists of 100,000 values; and the CPU of a mail for an inbox
 * with those rules against one without any, in turn on one server, so that what else the machine does meets both alike.
 */
import { compileRules } from "../src/domain/guardrails/rules/compile.ts";
import { evaluate } from "../src/domain/guardrails/rules/evaluate.ts";
import type { Rule } from "../src/domain/guardrails/rules/rule.ts";
import { arrivalFrom } from "../src/domain/guardrails/rules/subject.ts";
import type { ServerProcess } from "../test/support/server-process.ts";
import { ask, makeTenant, openSession } from "./client.ts";
import { cpuOf } from "./cpu.ts";
import type { Figures } from "./report.ts";

const RULES = 100;
/** Of those, that name a list. */
const LIST_RULES = 10;
const LIST_VALUES = 100_000;
const VALUES_A_REQUEST = 1000;
const EVALUATIONS = 200_000;
const ROUNDS = 8;
const MAILS_A_ROUND = 800;
const SESSIONS = 10;
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

/** Rules and lists, attached to the pod. */
async function furnish(server: ServerProcess, pod: string): Promise<void> {
  const listId = await askV3(server, "POST", "/lists", { name: "L", type: "domain" });
  for (let from = 0; from < LIST_VALUES; from += VALUES_A_REQUEST) {
    const items = Array.from({ length: VALUES_A_REQUEST }, (_, index) => `v${from + index}.example`);
    await askV3(server, "POST", `/lists/${listId}/items`, { items });
  }
  const ids: string[] = [];
  for (let index = 0; index < RULES; index++)
    ids.push(await askV3(server, "POST", "/rules", { name: `R${index}`, ...termsOf(index, listId) }));
  await askV3(server, "PATCH", `/workspaces/${pod}`, { rule_ids: ids });
}

/** Milliseconds of CPU a mail. */
interface MailCost {
  readonly node: number;
  readonly postgres: number;
}

async function round(
  server: ServerProcess,
  directory: string,
  inbox: string,
  name: string,
): Promise<MailCost> {
  const before = await cpuOf(server.pid, directory);
  const lane = async (first: number): Promise<void> => {
    const session = await openSession(server.smtpPort);
    for (let index = first; index < MAILS_A_ROUND; index += SESSIONS) {
      session.write(`MAIL FROM:<a@outside.test>\r\nRCPT TO:<${inbox}>\r\nDATA\r\n`);
      for (let reply = 0; reply < 3; reply++) await session.reply();
      session.write(`From: a@outside.test\r\nMessage-ID: <${name}-${index}@bench>\r\n\r\n${BODY}.\r\n`);
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

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const total = ({ node, postgres }: MailCost): number => node + postgres;

/** Medians of each and of both together. */
const costOf = (costs: readonly MailCost[]): string =>
  `${median(costs.map(({ node }) => node)).toFixed(3)} ms Node, ${median(costs.map(({ postgres }) => postgres)).toFixed(3)} ms PostgreSQL, ${median(costs.map(total)).toFixed(3)} ms together`;

export async function rules(server: ServerProcess, directory: string): Promise<Figures> {
  const perSecond = evaluationsPerSecond();
  const plain = await makeTenant(server, "plain", 1);
  const ruled = await makeTenant(server, "ruled", 1);
  await furnish(server, ruled.pod);
  const inboxOf = ({ inboxes }: typeof plain): string => inboxes[0] ?? "";
  const [free, held]: [MailCost[], MailCost[]] = [[], []];
  for (let turn = -1; turn < ROUNDS; turn++) {
    const pair = [
      await round(server, directory, inboxOf(plain), `plain${turn}`),
      await round(server, directory, inboxOf(ruled), `ruled${turn}`),
    ] as const;
    // The first warms up.
    if (turn < 0) continue;
    free.push(pair[0]);
    held.push(pair[1]);
  }
  const ratios = free.map((without, index) => {
    const ruledCost = held[index];
    return ruledCost === undefined ? Number.NaN : total(ruledCost) / total(without);
  });
  const trail = await ask(server, server.rootKey, `/inboxes/${inboxOf(ruled)}/messages?limit=1`);
  if (trail["count"] !== 1) throw new Error("the mail is not there");
  return {
    name: `rules: ${RULES} of them, ${LIST_RULES} of which name a list of ${LIST_VALUES} values`,
    rows: [
      [
        "evaluations, by CPU time of one process",
        `${Math.round(perSecond)} a second, ${(1e6 / perSecond).toFixed(1)} µs each`,
      ],
      ["CPU of a mail without rules", costOf(free)],
      ["CPU of a mail with them, at RCPT and in the group commit, one row of the trail", costOf(held)],
      [`with : without, median of ${ROUNDS} pairs`, median(ratios).toFixed(3)],
    ],
  };
}
