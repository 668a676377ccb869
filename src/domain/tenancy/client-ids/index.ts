export { checkClientId, claimClientId } from "./claim.ts";
export { type Claim, deleteClaim } from "./store.ts";
