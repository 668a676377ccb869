export { type Claim, claimClientId } from "./claim.ts";
export { deleteClaim } from "./store.ts";
