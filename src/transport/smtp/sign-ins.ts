/** AUTH: who a client is, asked the later the more of its network's has failed, and refused the later the more for its address. */
import { LRUCache } from "lru-cache";
import type { SMTPServerAuthentication } from "smtp-server";
import { Failure } from "../../domain/door/failures.ts";
import type { SignedIn, Submitter } from "../../domain/transit/sends/index.ts";
import type { Log } from "../../lib/log.ts";
import { createPacing } from "../../lib/pacing.ts";
import { canonicalAddress } from "../../protocols/address/index.ts";
import {
  ADDRESS_SIGN_IN_BURST,
  ADDRESS_SIGN_INS_PER_SECOND,
  DOUBTS_PER_SECOND,
  SIGN_IN_BURST,
  SIGN_IN_PAUSE_MS,
  SIGN_INS_BEFORE_DOUBT,
  SIGN_INS_PER_SECOND,
  SIGN_INS_REMEMBERED,
} from "./limits.ts";
import type { SmtpReply } from "./replies.ts";
import { refusalOfSignIn, signInFailed, wrongCredentials } from "./submission-replies.ts";

export interface SignInParts {
  readonly submitter: Submitter;
  readonly log: Log;
  readonly monotonicMs: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

/** @param network the client's @returns who signed in, or the reply that refuses it */
export type SignIn = (given: SMTPServerAuthentication, network: string) => Promise<SignedIn | SmtpReply>;

const bounds = { maxPauseMs: SIGN_IN_PAUSE_MS, maxKeys: SIGN_INS_REMEMBERED };

export function createSignIn({ submitter, log, monotonicMs, pause }: SignInParts): SignIn {
  const ofNetwork = createPacing(
    { ...bounds, burst: SIGN_IN_BURST, perSecond: SIGN_INS_PER_SECOND },
    monotonicMs,
  );
  const doubts = createPacing(
    { ...bounds, burst: SIGN_INS_BEFORE_DOUBT, perSecond: DOUBTS_PER_SECOND },
    monotonicMs,
  );
  const ofAddress = createPacing(
    { ...bounds, burst: ADDRESS_SIGN_IN_BURST, perSecond: ADDRESS_SIGN_INS_PER_SECOND },
    monotonicMs,
  );
  // A program that guesses elsewhere in its network puts no client in doubt that was right lately.
  const proven = new LRUCache<string, true>({ max: SIGN_INS_REMEMBERED });
  return async ({ username, password, authzid }, network) => {
    const address = canonicalAddress(username ?? "");
    // To act for another (RFC 4616) is nobody's right here.
    if (authzid && canonicalAddress(authzid) !== address) return wrongCredentials();
    const pair = `${network} ${address}`;
    const waitMs = ofNetwork.count(network);
    const isInDoubt = doubts.count(network) > 0;
    const standing = proven.has(pair) ? "proven" : isInDoubt ? "inDoubt" : "new";
    if (waitMs > 0) await pause(waitMs);
    try {
      const signedIn = await submitter.signIn(address, password ?? "", { network, standing });
      for (const pacing of [ofNetwork, doubts]) pacing.forgive(network);
      proven.set(pair, true);
      return signedIn;
    } catch (error) {
      if (!(error instanceof Failure)) {
        log.error({ error }, "sign-in failed");
        return signInFailed();
      }
      log.info({ network, code: error.code }, "sign-in refused");
      // The answer waits and not the question: whoever has the right password is let in at once, however many guess it elsewhere.
      const lateMs = ofAddress.count(address);
      if (lateMs > 0) await pause(lateMs);
      return refusalOfSignIn(error);
    }
  };
}
