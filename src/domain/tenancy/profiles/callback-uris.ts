/** Callback URIs one by one. */
import { isUuid } from "../../../lib/uuid.ts";
import { lockOwners } from "../../door/access/index.ts";
import { type Failure, fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import type { Path } from "../../door/text.ts";
import { MAX_CALLBACK_URIS, MAX_CALLBACK_URL_LENGTH, MAX_KEPT_BYTES } from "./limits.ts";
import type { CallbackUri, KeptObject } from "./profile.ts";
import {
  deleteCallbackRow,
  findCallbackUri,
  insertCallbackUris,
  listCallbackUris,
  updateCallbackRow,
} from "./store.ts";

export interface GivenCallbackUri {
  /** Absolute, of any scheme but those that a browser would run. */
  readonly url: string;
  readonly platform?: string;
  readonly settings?: KeptObject;
}

export interface CallbackPlan extends Pick<CallbackUri, "url" | "platform" | "settings"> {
  /** Of the one that it replaces. */
  readonly id: string | null;
}

/** A browser sent there would run what the URL holds. */
const isRun = (protocol: string): boolean => ["javascript:", "data:", "vbscript:"].includes(protocol);

/** @throws Failure input.invalid at what is no absolute URL, or has more settings than are kept */
function planCallbackUri(
  { url, platform, settings = {}, id }: GivenCallbackUri & { id?: string },
  at: Path,
): CallbackPlan {
  if (url.length > MAX_CALLBACK_URL_LENGTH || !URL.canParse(url) || isRun(new URL(url).protocol))
    throw invalid(
      [...at, "url"],
      "Invalid url",
      `Give an absolute URL of ${MAX_CALLBACK_URL_LENGTH} characters at most.`,
    );
  if (Buffer.byteLength(JSON.stringify(settings)) > MAX_KEPT_BYTES)
    throw invalid([...at, "settings"], `settings may have ${MAX_KEPT_BYTES} bytes of JSON at most`);
  return { id: id ?? null, url, platform: platform ?? "web", settings };
}

/** @throws Failure input.invalid */
export function planCallbackUris(
  given: readonly (GivenCallbackUri & { readonly id?: string })[],
): CallbackPlan[] {
  if (given.length > MAX_CALLBACK_URIS)
    throw invalid(["callbackUris"], `There may be ${MAX_CALLBACK_URIS} callback URIs at most`);
  const named = given.map(({ id }) => id).filter((id) => id !== undefined);
  if (new Set(named).size < named.length)
    throw invalid(["callbackUris"], "Two callback URIs have the same id");
  return given.map((one, index) => planCallbackUri(one, ["callbackUris", index]));
}

export const createCallbackUri = operation({
  name: "callback-uri.create",
  needs: ["pod_update"],
  on: "organization",
  kind: "write",
  fails: ["limit.exceeded"],
  check: (input: GivenCallbackUri) => planCallbackUri(input, []),
  async run(context, { url, platform, settings }): Promise<CallbackUri> {
    const { tx, scope, now } = context;
    await lockOwners(tx, scope, [{ podId: null, inboxId: null }]);
    if ((await listCallbackUris(tx, scope)).length >= MAX_CALLBACK_URIS)
      throw fail("limit.exceeded", {
        message: "Callback URI limit exceeded",
        hint: "Delete those that are no longer used.",
        limit: { resource: "callback", count: MAX_CALLBACK_URIS },
      });
    const { organizationId } = scope;
    const id = context.newId();
    const made = { id, organizationId, url, platform, settings, createdAt: now, updatedAt: now };
    context.target(made.id);
    await insertCallbackUris(tx, scope, [made]);
    return made;
  },
});

interface Named {
  readonly callbackUri: string;
}

export const getCallbackUri = operation({
  name: "callback-uri.get",
  needs: ["pod_read"],
  on: "organization",
  kind: "read",
  fails: ["object.not_found"],
  async run({ tx, scope }, { callbackUri }: Named): Promise<CallbackUri> {
    const found = isUuid(callbackUri) ? await findCallbackUri(tx, scope, callbackUri) : null;
    if (found === null) throw absent();
    return found;
  },
});

/** Changes the fields that are given, each as a whole. */
export const updateCallbackUri = operation({
  name: "callback-uri.update",
  needs: ["pod_update"],
  on: "organization",
  kind: "write",
  fails: ["object.not_found"],
  check: ({ callbackUri, ...changes }: Named & Partial<GivenCallbackUri>) => {
    // The URL that it keeps was checked when it was given.
    planCallbackUri({ url: "https://localhost/", ...changes }, []);
    return { callbackUri, changes };
  },
  async run(context, { callbackUri, changes }): Promise<CallbackUri> {
    const { tx, scope, now } = context;
    const found = isUuid(callbackUri) ? await findCallbackUri(tx, scope, callbackUri) : null;
    if (found === null) throw absent();
    const changed = { ...found, ...changes, updatedAt: now };
    context.target(found.id);
    await updateCallbackRow(tx, scope, changed);
    return changed;
  },
});

export const deleteCallbackUri = operation({
  name: "callback-uri.delete",
  needs: ["pod_update"],
  on: "organization",
  kind: "write",
  fails: ["object.not_found"],
  async run(context, { callbackUri }: Named): Promise<void> {
    const { tx, scope } = context;
    if (!isUuid(callbackUri) || !(await deleteCallbackRow(tx, scope, callbackUri))) throw absent();
    context.target(callbackUri);
  },
});

const absent = (): Failure =>
  fail("object.not_found", {
    message: "Callback URI not found",
    hint: "List callback URIs to see those of the organization.",
  });
