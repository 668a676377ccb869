/** Plans of the queue's statements, as its stores send them, while a million rows wait. */
import type pg from "pg";
import { explain, type PlanNode, sourceOf } from "../plan-node.ts";
import type { Figures } from "../report.ts";

const waiting = "d.domain is not null and d.state in ('queued', 'sending', 'deferred')";
const rowsOf = `outbound_deliveries d where ${waiting} and d.pod_id`;

const ofQueue = (organization: string): string =>
  `outbound_deliveries d where d.organization_id = '${organization}' and ${waiting} and d.domain = q.domain`;
const newest = "order by d.id desc limit 101";
const failed = "d.state in ('bounced', 'failed', 'complained') and d.state = any ('{bounced}')";
const toDomain = "coalesce(d.domain, lower(split_part(d.recipient, '@', 2))) = 'd1.bench.test'";
const ofPod = (pod: string): string => `select d.* from outbound_deliveries d where d.pod_id = ${pod}`;
const inEachPod = (organization: string, chosen: string): string => `
  select d.* from pods cross join lateral (${ofPod("pods.id")} and ${chosen} ${newest}) as d
  where pods.organization_id = '${organization}' ${newest}`;

const statements = ({ pod, organization }: { readonly pod: string; readonly organization: string }) => ({
  "pods with something due": `
    with recursive pod as ((select d.pod_id, 1 as step from ${rowsOf} > '00000000-0000-0000-0000-000000000000' order by d.pod_id limit 1)
      union all select (select d.pod_id from ${rowsOf} > pod.pod_id order by d.pod_id limit 1), pod.step + 1
      from pod where pod.pod_id is not null and pod.step < 2000)
    select pod_id, exists (select from ${rowsOf} = pod.pod_id and d.next_attempt_at <= now()) from pod where pod_id is not null`,
  "what is due of a pod, the oldest 257": `
    select d.id, d.domain from ${rowsOf} = '${pod}' and d.next_attempt_at <= now() order by d.next_attempt_at limit 257`,
  "of other domains than the oldest": `
    with recursive names as ((select d.domain, 1 as step from ${rowsOf} = '${pod}' and d.domain > '' order by d.domain limit 1)
      union all select (select d.domain from ${rowsOf} = '${pod}' and d.domain > names.domain order by d.domain limit 1), names.step + 1
      from names where names.domain is not null and names.step < 256)
    select d.id from names cross join lateral (select d.* from ${rowsOf} = '${pod}' and d.domain = names.domain
      and d.next_attempt_at <= now() order by d.next_attempt_at limit 64) as d where names.domain <> all (array['w1.bench.test']) limit 64`,
  "the queue by domain, of an organization": `
    select q.*, coalesce((select d.detail from ${ofQueue(organization)} and d.detail is not null order by d.updated_at desc limit 1),
      (select concat_ws(' ', d.reply_code, d.enhanced_code, d.reply) from ${ofQueue(organization)} and d.reply is not null
        order by d.attempted_at desc limit 1))
    from (select d.domain, count(*), min(d.created_at), min(d.next_attempt_at)
      from outbound_deliveries d where d.organization_id = '${organization}' and ${waiting}
      group by d.domain order by count(*) desc, d.domain limit 1000) as q`,
  "newest deliveries of an organization": `
    select d.* from outbound_deliveries d where d.organization_id = '${organization}' order by d.id desc limit 101`,
  "those of a pod that bounced, which are few": `${ofPod(`'${pod}'`)} and ${failed} ${newest}`,
  "the same of an organization": inEachPod(organization, failed),
  "those of a pod to one domain": `${ofPod(`'${pod}'`)} and ${toDomain} ${newest}`,
  "the same of an organization, among the newest 10,000": `
    select d.* from (select d.* from outbound_deliveries d where d.organization_id = '${organization}' order by d.id desc limit 10000) as d
    where ${toDomain} ${newest}`,
  "the same in each of its pods": inEachPod(organization, toDomain),
});

const leavesOf = (node: PlanNode): string[] => {
  const below = (node.Plans ?? []).flatMap(leavesOf);
  const name = sourceOf(node);
  return below.length > 0 || name === undefined ? below : [`${node["Node Type"]} ${name}`];
};

/** Each twice, so that the second finds its pages in memory. */
export async function explainQueue(client: pg.Client): Promise<Figures["rows"]> {
  const { rows: ids } = await client.query<{ pod: string; organization: string }>(
    "select pod_id as pod, organization_id as organization from outbound_deliveries where domain is not null limit 1",
  );
  const [own] = ids;
  if (own === undefined) throw new Error("nothing was sent");
  const explained: [string, string][] = [];
  for (const [name, text] of Object.entries(statements(own))) {
    await client.query(text);
    const { root, ms, pages } = await explain(client, text);
    const leaves = [...new Set(leavesOf(root))].join("; ");
    explained.push([`plan: ${name}`, `${ms.toFixed(1)} ms, ${pages} pages: ${leaves}`]);
  }
  return explained;
}
