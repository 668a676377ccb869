/** AUTH: who a client is, asked the later the more of its network's or for its address has failed. */
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
  SIGN_IN_BURST,
  SIGN_IN_PAUSE_MS,
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
  const ofAddress = createPacing(
    { ...bounds, burst: ADDRESS_SIGN_IN_BURST, perSecond: ADDRESS_SIGN_INS_PER_SECOND },
    monotonicMs,
  );
  // A guesser elsewhere does not keep the owner out.
  const known = new LRUCache<string, true>({ max: SIGN_INS_REMEMBERED });
  return async ({ username, password, authzid }, network) => {
    const address = canonicalAddress(username ?? "");
    // To act for another (RFC 4616) is nobody's right here.
    if (authzid && canonicalAddress(authzid) !== address) return wrongCredentials();
    const pair = `${network} ${address}`;
    const isKnown = known.has(pair);
    const waitMs = Math.max(ofNetwork.count(network), isKnown ? 0 : ofAddress.count(address));
    if (waitMs > 0) await pause(waitMs);
    try {
      const signedIn = await submitter.signIn(address, password ?? "", network);
      ofNetwork.forgive(network);
      if (!isKnown) ofAddress.forgive(address);
      known.set(pair, true);
      return signedIn;
    } catch (error) {
      if (error instanceof Failure) {
        log.info({ network, code: error.code }, "sign-in refused");
        return refusalOfSignIn(error);
      }
      log.error({ error }, "sign-in failed");
      return signInFailed();
    }
  };
}
