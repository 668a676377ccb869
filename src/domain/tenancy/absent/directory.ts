/**
 * The directory of apps that agents sign in to, and inboxes' accounts there: a service of AgentMail's own. This server has none, so
 * that lists are empty and whatever is named is absent.
 */

import type { Page, PageRequest } from "../../door/cursor.ts";
import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";

const none: Page<never> = { items: [], next: null };

const noAccount = () =>
  fail("object.not_found", {
    message: "Account not found",
    hint: "Inboxes of this server have no accounts.",
  });

/** Accounts in reach: none. */
export const listAccounts = operation({
  name: "account.list",
  needs: ["inbox_read"],
  on: "any",
  kind: "read",
  run: async (_context, _page: PageRequest): Promise<Page<never>> => none,
});

/** Fails with object.not_found. */
export const getAccount = operation({
  name: "account.get",
  needs: ["inbox_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  async run(_context, _input: undefined): Promise<never> {
    throw noAccount();
  },
});

/** Fails with object.not_found. */
export const updateAccount = operation({
  name: "account.update",
  needs: ["account_update"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  async run(_context, _input: undefined): Promise<never> {
    throw noAccount();
  },
});

export interface AppReference {
  /** Its id, or its name in any case and punctuation. */
  readonly appId: string;
  /** What the caller's client calls it. */
  readonly noun: "App" | "Provider";
}

/** @throws Failure input.invalid for what can be no app's name */
function checkApp(input: AppReference): AppReference {
  if (/[\p{L}\p{N}]/u.test(input.appId)) return input;
  throw invalid(["appId"], says`${field("appId")} must be an id or a name`);
}

const noApp = ({ noun }: AppReference) =>
  fail("object.not_found", { message: `${noun} not found`, hint: "This server has no directory of apps." });

/** The directory, or what of it a search finds: nothing. */
export const listApps = operation({
  name: "app.list",
  needs: [],
  on: "any",
  kind: "read",
  run: async (_context, _page: PageRequest): Promise<Page<never>> => none,
});

/** Fails with object.not_found. */
export const getApp = operation({
  name: "app.get",
  needs: [],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  check: checkApp,
  async run(_context, app): Promise<never> {
    throw noApp(app);
  },
});

/** Accounts at an app: none, and no app either. */
export const listAppAccounts = operation({
  name: "app.list_accounts",
  needs: ["inbox_read"],
  on: "any",
  kind: "read",
  check: ({ page, ...app }: AppReference & { readonly page: PageRequest }) => ({ ...checkApp(app), page }),
  run: async (): Promise<Page<never>> => none,
});

/** Signs an inbox in to an app. Fails with object.not_found. */
export const connectApp = operation({
  name: "app.connect",
  needs: ["app_connect"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  check: checkApp,
  async run(_context, app): Promise<never> {
    throw noApp(app);
  },
});

/** Ends what agents signed in with. Fails with object.not_found. */
export const revokeSignInKeys = operation({
  name: "api_key.revoke_sign_in",
  needs: ["api_key_delete"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  async run(_context, _input: undefined): Promise<never> {
    throw fail("object.not_found", {
      message: "Sign-in keys not found",
      hint: "This server has no directory of apps, and so no keys that agents sign in to them with.",
    });
  },
});

/** Completes a sign-in that an app began. Fails with object.not_found. */
export const authorizeInbox = operation({
  name: "inbox.authorize",
  needs: ["app_connect"],
  on: "inbox",
  kind: "read",
  fails: ["object.not_found"],
  async run(_context, _input: undefined): Promise<never> {
    throw fail("object.not_found", {
      message: "Sign-in not found",
      hint: "This server has no directory of apps, so that no sign-in waits to be completed.",
    });
  },
});
