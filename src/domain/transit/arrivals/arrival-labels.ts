/** The labels that mail has on arrival, before rules. */
import type { LimitedInbox } from "../../guardrails/policies/index.ts";
import type { Arrival } from "./arrival.ts";
import { isSpam } from "./spam.ts";

/** Labels of mail that arrives and passes every check (contract 9.4). */
const RECEIVED_LABELS = ["received", "unread"] as const;
/**
 * Of mail that a program sent, which programs that answer mail are to leave alone. Any client may take it away, as `unread`: nothing
 * here goes by it, but by what is stored of the message.
 */
const AUTOMATIC = "automatic";
/** Of mail that a list refuses: kept, hidden, and with an event type of its own (contract 9.5). */
const BLOCKED = "blocked";

/** Of mail that was judged what the verdicts and the inbox's policy add. @param isBlocked whether a list refuses it */
export const arrivalLabels = (
  { arrival, limits }: Pick<LimitedInbox, "limits"> & { readonly arrival: Arrival },
  isBlocked: boolean,
): readonly string[] => [
  ...RECEIVED_LABELS,
  ...(arrival.automatic === null ? [] : [AUTOMATIC]),
  ...(arrival.isAuthenticated ? [] : ["unauthenticated"]),
  ...(isSpam(arrival, limits.spamDetection) ? ["spam"] : []),
  ...(isBlocked ? [BLOCKED] : []),
];
