/** Inboxes a second through the API, one after the other and sixteen at a time; and tenants in batches through the door. */

import { type Figures, ms, percentile } from "./report.ts";
import type { ServerProcess } from "./server.ts";
import { provisionTenants } from "./tenants.ts";

const INBOXES = 1000;
const CONCURRENT = 16;

async function create(server: ServerProcess, count: number, name: string): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < count; index++) {
    const began = performance.now();
    const answer = await fetch(`${server.baseUrl}/v0/inboxes`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.rootKey}` },
      body: JSON.stringify({ username: `${name}-${index}`, client_id: `${name}-${index}` }),
    });
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`status ${answer.status}`);
    samples.push(performance.now() - began);
  }
  return samples;
}

async function lanes(
  server: ServerProcess,
  concurrent: number,
  name: string,
): Promise<readonly [string, string]> {
  const began = performance.now();
  const all = await Promise.all(
    Array.from({ length: concurrent }, (_, index) => create(server, INBOXES / concurrent, `${name}${index}`)),
  );
  const samples = all.flat();
  const rate = samples.length / ((performance.now() - began) / 1000);
  return [
    `${concurrent} at a time`,
    `${rate.toFixed(0)} inboxes/s, p50 ${ms(percentile(samples, 0.5))}, p99 ${ms(percentile(samples, 0.99))}`,
  ];
}

export async function provision(server: ServerProcess, directory: string): Promise<Figures> {
  await create(server, 100, "warm");
  return {
    name: "provision: POST /v0/inboxes with a client_id; tenants of a pod, an inbox, two keys and a webhook in batches",
    rows: [
      await lanes(server, 1, "serial"),
      await lanes(server, CONCURRENT, "lane"),
      ...(await provisionTenants(directory)),
    ],
  };
}
