/** Plans of statements, as EXPLAIN tells them of one execution. */
import type pg from "pg";

export interface PlanNode {
  readonly "Node Type": string;
  readonly "Index Name"?: string;
  readonly "Relation Name"?: string;
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
  readonly Plans?: readonly PlanNode[];
}

export interface Explained {
  readonly root: PlanNode;
  readonly ms: number;
  /** Pages that were read, from memory or not. */
  readonly pages: number;
}

/** Executes a statement, and has PostgreSQL tell how. Without the time of each node, which takes longer than many of them. */
export async function explain(
  client: pg.Client,
  statement: string,
  values: readonly unknown[] = [],
): Promise<Explained> {
  const { rows } = await client.query(`explain (analyze, buffers, timing off, format json) ${statement}`, [
    ...values,
  ]);
  // A decoder: PostgreSQL's own form.
  const { Plan: root, "Execution Time": ms } = rows[0]["QUERY PLAN"][0];
  return { root, ms, pages: root["Shared Hit Blocks"] + root["Shared Read Blocks"] };
}

/** The index, or else the table, that a node reads; undefined for one that reads other nodes alone. */
export const sourceOf = (node: PlanNode): string | undefined => node["Index Name"] ?? node["Relation Name"];
