export { createAccount, getAccount, updateAccount } from "./account.ts";
export {
  type Account,
  accountsOf,
  type Fault,
  type FaultCode,
  faultCodes,
  type Health,
  type HealthStatus,
} from "./health.ts";
export { type AccountList, listAccounts } from "./list.ts";
