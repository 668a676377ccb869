import type { ListenedType } from "../../door/events.ts";
import type { Targets } from "../webhooks/index.ts";

/** A subscription whose events wait until a consumer fetches them: for who has no URL that can be called. */
export interface PollingWebhook extends Targets {
  readonly id: string;
  readonly organizationId: string;
  /** What it was made in, and whose events it has when it names nothing. */
  readonly podId: string | null;
  readonly inboxId: string | null;
  /** Address of that inbox. */
  readonly inboxAddress: string | null;
  readonly clientId: string;
  readonly eventTypes: readonly ListenedType[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** One that was made, with the token of its consumers, which is shown this once. */
export interface IssuedPollingWebhook {
  readonly webhook: PollingWebhook;
  readonly token: string;
  /** `whsec_...`: part of what consumers decode, and signs nothing here. */
  readonly signingSecret: string;
}
