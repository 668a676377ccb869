export { type Candidate, claimNames, inOrder, inOrderOfDrafts, openOf, releaseUnused } from "./batch.ts";
export { checkClientId } from "./claim.ts";
export { deleteClaim } from "./store.ts";
