import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import type { ApiKey } from "./api-key.ts";
import { listKeys } from "./store.ts";

/** Keys in reach, newest first; `exact` keeps to the pod's own, without its inboxes'. */
export const listApiKeys = operation({
  name: "api_key.list",
  needs: ["api_key_read"],
  on: "any",
  kind: "read",
  async run(
    { tx, scope },
    input: { page: PageRequest; exact: boolean; type?: "bearer" | "public_key" },
  ): Promise<Page<ApiKey>> {
    const { exact, type, page } = input;
    const keys = await listKeys(tx, scope, { exact, ...(type !== undefined && { type }) }, page);
    return pageOf(keys, input.page, (key) => [key.createdAt, key.id]);
  },
});
