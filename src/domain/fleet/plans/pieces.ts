/** Tenants of a document, as many as are taken at once. */

/**
 * @param weight of them all, unless the first alone has more
 * @returns those from an index on, `count` at most
 */
export function pieceOf<Tenant>(
  tenants: readonly Tenant[],
  from: number,
  count: number,
  weight: number,
): readonly Tenant[] {
  let to = from;
  for (let left = weight; to < tenants.length && to < from + count; to++) {
    left -= weightOf(tenants[to]);
    if (left < 0 && to > from) break;
  }
  return tenants.slice(from, to);
}

/** What a value counts for, beside its characters: checked, a short one takes about as long as so many characters written. */
const VALUE_WEIGHT = 64;

/** Characters of it as JSON, and what its values are to be checked. JSON's bounds are its own. */
function weightOf(value: unknown): number {
  if (typeof value === "string") return VALUE_WEIGHT + value.length;
  if (typeof value !== "object" || value === null) return VALUE_WEIGHT;
  let weight = VALUE_WEIGHT;
  if (Array.isArray(value)) for (const one of value) weight += weightOf(one);
  else for (const [name, one] of Object.entries(value)) weight += name.length + weightOf(one);
  return weight;
}
