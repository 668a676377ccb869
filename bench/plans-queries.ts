/** The application's hot statements, as its stores send them, for `plans.ts`. */
import type { MadeIds } from "./plans-data.ts";

export interface Query {
  readonly name: string;
  /** What `rookery.*_id` are set to. */
  readonly scope: Readonly<Record<string, string>>;
  readonly sql: string;
  readonly values: readonly string[];
}

const page = "order by timestamp desc, id desc limit 51";
const mine = "pod_id = $1 and inbox_id = $2";

interface Statement {
  readonly name: string;
  readonly sql: string;
  readonly values: readonly string[];
}

const messages = (name: string, where: string, values: readonly string[]): Statement => ({
  name,
  sql: `select id, message_id, labels, timestamp, sender, subject, preview, headers from messages where ${mine} ${where}`,
  values,
});

const threads = (name: string, where: string, values: readonly string[]): Statement => ({
  name,
  sql: `select threads.*, (select address from inboxes where inboxes.pod_id = threads.pod_id and inboxes.id = threads.inbox_id)
    from threads where ${where} order by threads.timestamp desc, threads.id desc limit 51`,
  values,
});

const list = (name: string, table: string, values: readonly string[]): Statement => ({
  name,
  sql: `select * from ${table} where organization_id = $1 order by created_at desc, id desc limit 51`,
  values,
});

/** As labels/rows.ts writes it. */
const carrying = (label: string): string =>
  `(labels[1] = '${label}' or labels[2] = '${label}' or labels[3] = '${label}' or labels[4] is not null) and labels @> '{${label}}'`;

/** What an organization's key asks of all its pods. */
const ofOrganization = ({ organization }: MadeIds): Statement[] => [
  threads("everybody's threads", "threads.organization_id = $1", [organization]),
  list("inboxes of the organization", "inboxes", [organization]),
  list("keys of the organization", "api_keys", [organization]),
];

/** What is asked in every scope that holds the large inbox. */
function ofInbox({ organization, pod, inbox, thread, message, event, conversation }: MadeIds): Statement[] {
  const home = [pod, inbox];
  const middle = "2026-04-01";
  return [
    messages("first page of messages", page, home),
    messages("page in the middle", `and (timestamp, id) < ('${middle}', '${message}') ${page}`, home),
    messages("messages with a rare label", `and ${carrying("rare")} ${page}`, home),
    messages("messages with a label that none has", `and ${carrying("nothing")} ${page}`, home),
    messages("message by Message-ID", "and message_id = any($3)", [...home, '{"<150000@x>"}']),
    {
      name: "what is known of an arriving mail",
      sql: `select thread_id, timestamp from messages where (pod_id, inbox_id, message_id) in (
          select * from unnest($1::uuid[], $2::uuid[], $3::text[])) and pod_id = $4
        union all
        select thread_id, timestamp from messages where (pod_id, inbox_id, sent_message_id, content_sha256) in (
          select * from unnest($1::uuid[], $2::uuid[], $5::text[], $6::bytea[])) and sent_message_id is not null and pod_id = $4
        union all
        (select thread_id, timestamp from messages where (pod_id, inbox_id, sent_message_id) in (
          select * from unnest($1::uuid[], $2::uuid[], $3::text[])) and sent_message_id is not null and pod_id = $4 limit 1000)`,
      values: [
        `{${pod}}`,
        `{${inbox}}`,
        '{"<150000@x>"}',
        pod,
        '{"<reused@x>"}',
        `{"\\\\x${"00".repeat(32)}"}`,
      ],
    },
    {
      name: "newest of a conversation",
      sql: `select newest.* from unnest($2::uuid[], $3::uuid[]) as asked (inbox, conversation) cross join lateral (
          select thread_id, timestamp from messages where pod_id = $1 and inbox_id = asked.inbox
            and conversation_id = asked.conversation order by timestamp desc limit 1) as newest`,
      values: [pod, `{${inbox}}`, `{${conversation}}`],
    },
    threads("an inbox's threads", "threads.pod_id = $1 and threads.inbox_id = $2", home),
    threads("thread by id", "threads.organization_id = $1 and threads.id = $2", [organization, thread]),
    {
      name: "a thread's messages",
      sql: `select * from messages where pod_id = $1 and thread_id = $2 ${page}`,
      values: [pod, thread],
    },
    {
      name: "messages locked by a thread",
      sql: "select id, labels from messages where pod_id = $1 and thread_id = $2 order by id limit 1000 for no key update",
      values: [pod, thread],
    },
    {
      name: "inbox by address",
      sql: `select inboxes.id, inboxes.display_name from addresses join inboxes on inboxes.pod_id = addresses.pod_id
        and inboxes.id = addresses.inbox_id where addresses.address = any($1)`,
      values: ["{agent-0@rookery.localhost}"],
    },
    {
      name: "deliveries of an event",
      sql: "select * from webhook_deliveries where pod_id = $1 and event_id = $2",
      values: [pod, event],
    },
  ];
}

/** In the widest scope that asks each of them, and in the narrowest. */
export function queriesOf(ids: MadeIds): Query[] {
  const organization = { organization: ids.organization };
  const pod = { ...organization, pod: ids.pod };
  const inbox = { ...pod, inbox: ids.inbox };
  const at = (statement: Statement, scope: Query["scope"]): Query => ({
    name: `${statement.name} (${Object.keys(scope).at(-1)}'s scope)`,
    sql: statement.sql.replaceAll(/\s+/g, " "),
    values: statement.values,
    scope,
  });
  return [
    ...ofInbox(ids).flatMap((statement) => [at(statement, organization), at(statement, inbox)]),
    at(threads("a pod's threads", "threads.pod_id = $1", [ids.pod]), pod),
    ...ofOrganization(ids).map((statement) => at(statement, organization)),
  ];
}
