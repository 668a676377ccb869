/** Plans of the statements that searches are made of, in the scopes and for the words that they are asked for. */
import type pg from "pg";
import { explain, type PlanNode, sourceOf } from "./plan-node.ts";
import type { Figures } from "./report.ts";
import { wordOf } from "./search-data.ts";

const shapeOf = (node: PlanNode): string => {
  const name = sourceOf(node);
  const own = name === undefined ? node["Node Type"] : `${node["Node Type"]} ${name}`;
  const inner = (node.Plans ?? []).map(shapeOf);
  return inner.length === 0 ? own : `${own} < ${inner.length === 1 ? inner[0] : `(${inner.join("; ")})`}`;
};

/** As rookery_search runs them: all that have a rare word, and the newest of a scope, of which a common one is asked. */
const hits = (mark: string, words: string): string => `
  select s.pod_id, s.id, s.thread_id, s.timestamp from message_search as s
  where s.words @@ (select ('''' || ${mark} || ''' & ${words}')::tsquery) order by s.timestamp desc, s.id desc limit 501`;

const newest = (scope: string, words: string): string => `
  select h.pod_id, h.id, h.thread_id, h.timestamp, ts_rank(h.words, '${words}') from (
    select * from message_search where ${scope} order by timestamp desc, id desc limit 1000) as h
  where h.words @@ '${words}'::tsquery limit 501`;

export async function explainSearch(client: pg.Client): Promise<Figures["rows"]> {
  const { rows } = await client.query<{ organization: string; pod: string; inbox: string }>(
    "select organization_id as organization, pod_id as pod, id as inbox from inboxes where address = 'agent-0@rookery.localhost'",
  );
  const [ids] = rows;
  if (ids === undefined) throw new Error("there is no inbox");
  const mark = (kind: "o" | "p" | "i", id: string): string => `rookery_search_mark('${kind}', '${id}')`;
  const asked: Readonly<Record<string, string>> = {
    "hits of a rare word in the large inbox": hits(mark("i", ids.inbox), wordOf(20_000)),
    "newest of the large inbox that have a common word": newest(
      `organization_id = '${ids.organization}' and pod_id = '${ids.pod}' and inbox_id = '${ids.inbox}'`,
      wordOf(3),
    ),
    "newest of the organization that have a common word": newest(
      `organization_id = '${ids.organization}'`,
      wordOf(3),
    ),
    "hits of a rare word in the pod": hits(mark("p", ids.pod), wordOf(20_000)),
    "hits of a rare word in the organization": hits(mark("o", ids.organization), wordOf(20_000)),
    "what is not indexed of a pod": `select pod_id, id from search_queue where pod_id = '${ids.pod}' order by id desc limit 200`,
    "what is not indexed of the organization": `select pod_id, id from search_queue where organization_id = '${ids.organization}' order by id desc limit 200`,
    "pods with something to index":
      "select * from rookery_pods_to_index('00000000-0000-0000-0000-000000000000', 64)",
    "inboxes whose words have a beginning, counted": `select count(*) from (select from inbox_words
      where organization_id = '${ids.organization}' and word >= '12' and word < '13' limit 2001) as counted`,
    "inboxes by a beginning that few have": `select id from inboxes where organization_id = '${ids.organization}' and moving_from is null
      and (pod_id, id) in (select pod_id, inbox_id from inbox_words where organization_id = '${ids.organization}' and word >= '1234' and word < '1235')
      order by created_at desc, id desc limit 51`,
    "inboxes by a beginning that all have": `select id from inboxes where organization_id = '${ids.organization}' and moving_from is null
      and (select true from inbox_words as w where w.pod_id = inboxes.pod_id and w.inbox_id = inboxes.id and w.word >= 'agent' and w.word < 'agenu' limit 1)
      order by created_at desc, id desc limit 51`,
  };
  const explained: [string, string][] = [];
  for (const [name, sql] of Object.entries(asked)) {
    await client.query(sql);
    const { root, ms, pages } = await explain(client, sql);
    explained.push([`plan: ${name}`, `${ms.toFixed(2)} ms, ${pages} pages: ${shapeOf(root)}`]);
  }
  return explained;
}
