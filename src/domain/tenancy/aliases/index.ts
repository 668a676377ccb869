export type { Alias } from "./alias.ts";
export { type CreateAlias, createAlias } from "./create.ts";
export { deleteAlias } from "./delete.ts";
export { listAliases } from "./list.ts";
export { findAlias } from "./store.ts";
