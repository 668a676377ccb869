export { commentOnVerdict, releaseHeldMessage } from "./armor.ts";
export {
  authorizeInbox,
  connectApp,
  getAccount,
  getApp,
  listAccounts,
  listAppAccounts,
  listApps,
  revokeSignInKeys,
  updateAccount,
} from "./directory.ts";
export { featureOperation, getLabs, joinLabs, type Labs } from "./features.ts";
