export { createDomain } from "./create.ts";
export { deleteDomain } from "./delete.ts";
export type { DescribedDomain } from "./describe.ts";
export { type Detected, detectHost } from "./detect.ts";
export { makeDkimKeys } from "./dkim-key.ts";
export type { Domain } from "./domain.ts";
export { getDomain } from "./get.ts";
export { findClosed } from "./inbound-store.ts";
export { listDomains } from "./list.ts";
export type { CreateDomain } from "./make.ts";
export { returnPathHost, type VerificationRecord } from "./records.ts";
export { registerOwnDomain } from "./register-own.ts";
export { isDomainOpen, newestDomainSeal, renewDomainKeys, sealedDomains } from "./reseal.ts";
export { rotateDkimKeys } from "./rotate-keys.ts";
export { findSender, type Sender, whyNotSend } from "./sender.ts";
export { type TrustDomain, trustDomain } from "./trust.ts";
export { renameDomain, type UpdateDomain, updateDomain } from "./update.ts";
export {
  type DomainUse,
  findOwnUses,
  findPodsOfDomains,
  findUnusable,
  isAnothers,
  isHostedDomain,
  isReturnPathHost,
  namesUpwards,
} from "./usable.ts";
export { checkDomain, verifyDomain } from "./verify.ts";
export { getZoneFile } from "./zone-file.ts";
