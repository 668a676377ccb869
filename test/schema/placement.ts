/** Reads `distribute.sql`: where each table lies on a Citus cluster. */
import { readFile } from "node:fs/promises";

export type Placement =
  | { readonly kind: "distributed"; readonly column: string }
  | { readonly kind: "reference" }
  | { readonly kind: "local" };

export interface Placed {
  readonly table: string;
  readonly placement: Placement;
}

const distributed =
  /^select create_distributed_table\('(\w+)', '(\w+)', colocate_with => '(?:none|pods)'\);$/;
const reference = /^select create_reference_table\('(\w+)'\);$/;
const local = /^-- local: (\w+)$/;

/** In the order in which they are named, as often as they are. @throws Error for a line that places a table in another form */
export async function readPlacements(): Promise<Placed[]> {
  const text = await readFile(new URL("../../distribute.sql", import.meta.url), "utf8");
  return text.split("\n").flatMap((line): Placed[] => {
    const [, spread = "", column = ""] = distributed.exec(line) ?? [];
    if (spread !== "") return [{ table: spread, placement: { kind: "distributed", column } }];
    const [, copied = ""] = reference.exec(line) ?? [];
    if (copied !== "") return [{ table: copied, placement: { kind: "reference" } }];
    const [, kept = ""] = local.exec(line) ?? [];
    if (kept !== "") return [{ table: kept, placement: { kind: "local" } }];
    if (/create_(?:distributed|reference)_table/.test(line)) throw new Error(`cannot read: ${line}`);
    return [];
  });
}
