/** The listener of inbound SMTP (RFC 5321). Mail transactions are in inbound.ts. */
import type { Receiver } from "../../domain/transit/arrivals/index.ts";
import type { Returns } from "../../domain/transit/feedback/index.ts";
import { createPacing } from "../../lib/pacing.ts";
import { createInbound, type InboundParts } from "./inbound.ts";
import {
  SMTP_PACED_NETWORKS,
  SMTP_WRONG_RECIPIENT_BURST,
  SMTP_WRONG_RECIPIENT_PAUSE_MS,
  SMTP_WRONG_RECIPIENTS_PER_SECOND,
} from "./limits.ts";
import { createListener, type ListenerParts, type SmtpListener } from "./listener.ts";

export interface SmtpParts extends ListenerParts {
  readonly receiver: Receiver;
  readonly onRefused?: NonNullable<InboundParts["onRefused"]>;
  readonly returns: Returns;
}

const wrongRecipients = {
  burst: SMTP_WRONG_RECIPIENT_BURST,
  perSecond: SMTP_WRONG_RECIPIENTS_PER_SECOND,
  maxPauseMs: SMTP_WRONG_RECIPIENT_PAUSE_MS,
  maxKeys: SMTP_PACED_NETWORKS,
};

export const createSmtpServer = (parts: SmtpParts): SmtpListener =>
  createListener(parts, { authenticates: false }, (sessions) =>
    createInbound({
      ...parts,
      ...sessions,
      wrongRecipients: createPacing(wrongRecipients, () => parts.clock.monotonicMs()),
    }),
  );
