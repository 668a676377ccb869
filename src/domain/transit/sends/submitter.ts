/** The entry of mail that signed-in clients submit: who they are, asked anew for each mail, and the mail through the door. */
import type { Clock } from "../../../lib/clock.ts";
import { createFairQueue, QueueFull } from "../../../lib/fair-queue.ts";
import { createRestingQueue, type RestingQueue } from "../../../lib/resting-queue.ts";
import { canonicalAddress } from "../../../protocols/address/index.ts";
import type { MimeCodec } from "../../../protocols/mime/index.ts";
import type { Database } from "../../../storage/db.ts";
import { type Actor, type Authenticator, systemActor, unknownKey } from "../../door/access/index.ts";
import type { Door } from "../../door/door.ts";
import { Failure, fail } from "../../door/failures.ts";
import { LARGE_MAIL_BYTES, MAX_LARGE_MAILS } from "../../limits.ts";
import { signIn } from "../../tenancy/inboxes/index.ts";
import { enterSubmission } from "./enter-submission.ts";
import {
  MAX_LARGE_SUBMISSIONS_QUEUED,
  MAX_SIGN_INS_QUEUED,
  REST_AFTER_WRONG,
  SIGN_INS_AT_ONCE,
} from "./limits.ts";
import { readSubmission, type Submission } from "./read-submission.ts";
import type { Sent } from "./store-sent.ts";
import { submitMail } from "./submit-mail.ts";

export interface SubmitterParts {
  readonly door: Door;
  readonly database: Database;
  readonly authenticator: Authenticator;
  readonly mimeCodec: MimeCodec;
  readonly newId: () => string;
  readonly clock: Pick<Clock, "monotonicMs">;
  /** Resolves after so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** Large mails read or submitted at once; MAX_LARGE_MAILS when absent. */
  readonly largeMails?: number;
}

/** Who signs in, as far as that is known before. */
export interface SigningIn {
  readonly network: string;
  readonly standing: Standing;
}

/**
 * What is known of a client: that this address signed in from there of late; nothing; that passwords from there were wrong. It waits for others of
 * its standing, and for nobody else: networks of which nothing is known may be thousands, each with a guess or two.
 */
export type Standing = "proven" | "new" | "inDoubt";

/** A client that signed in to an inbox. What let it in is asked again each time: a deleted key or another password ends it. */
export interface SignedIn {
  /** Address of the inbox. */
  readonly address: string;
  /**
   * Before a mail is sent. @returns how many recipients it may have
   * @throws Failure auth.*, permission.missing, inbox.not_found, pod.suspended, scope.forbidden, sending.paused
   */
  enter(reversePath: string): Promise<number>;
  /** Resolves only after COMMIT: from then on nothing may lose it. @throws Failure those of `enter`, of `submitMail`, of `readSubmission` */
  submit(submission: Submission): Promise<Sent>;
}

export interface Submitter {
  /**
   * Signs in with the address of an inbox, in any case, and an API key that may send from it, or its app password. It takes as long for
   * an unknown address as for a wrong secret. @param client whose network has a fair share of the passwords compared
   * @throws Failure auth.unknown_key, auth.expired_key, permission.missing, pod.suspended; service.unavailable
   */
  signIn(address: string, secret: string, client: SigningIn): Promise<SignedIn>;
}

/** Finds who acts; throws when what let the client in is no longer there. */
type WhoActs = () => Promise<Actor>;

export function createSubmitter(parts: SubmitterParts): Submitter {
  const { door, authenticator } = parts;
  const passwords = passwordsOf(parts);
  const sending = sendingOf(parts);
  return {
    async signIn(address, secret, client) {
      const inbox = canonicalAddress(address);
      const whoActs = (await byKey(authenticator, secret)) ?? (await passwords(inbox, secret, client));
      const enter = async (reversePath: string | null) =>
        door.run(enterSubmission, await whoActs(), { inbox }, { reversePath });
      // A key whose scope does not have the inbox learns no more than one who guesses.
      await enter(null).catch((error: unknown) => {
        throw error instanceof Failure && error.code === "inbox.not_found" ? unknownKey() : error;
      });
      return {
        address: inbox,
        enter: async (reversePath) => (await enter(reversePath)).recipientsPerMessage,
        submit: async (submission) => sending(await whoActs(), inbox, submission),
      };
    },
  };
}

/** Null for what is no key: an app password may begin like one. */
async function byKey(authenticator: Authenticator, secret: string): Promise<WhoActs | null> {
  if (!secret.startsWith("am_")) return null;
  const whoActs: WhoActs = () => authenticator.authenticate(secret);
  try {
    await whoActs();
    return whoActs;
  } catch (error) {
    if (error instanceof Failure && error.code === "auth.unknown_key") return null;
    throw error;
  }
}

function passwordsOf({ database, clock, pause }: SubmitterParts) {
  const open = () =>
    createRestingQueue({
      ...{ permits: SIGN_INS_AT_ONCE, maxQueued: MAX_SIGN_INS_QUEUED },
      monotonicMs: () => clock.monotonicMs(),
      pause,
    });
  const queues: Readonly<Record<Standing, RestingQueue>> = { proven: open(), new: open(), inDoubt: open() };
  return async (inbox: string, secret: string, { network, standing }: SigningIn): Promise<WhoActs> => {
    let isWrong = false;
    const look = async () => {
      const found = await signIn(database, inbox, secret);
      isWrong = found === null;
      return found;
    };
    const restTimes = () => (isWrong && standing !== "proven" ? REST_AFTER_WRONG : 0);
    const opened = await queues[standing].during(network, look, restTimes).catch((error: unknown) => {
      throw error instanceof QueueFull ? tooMany() : error;
    });
    if (opened === null) throw unknownKey();
    return async () => {
      const target = await opened.again();
      const actor =
        target === null
          ? null
          : await systemActor(database, "app password", { podId: target.podId, inboxId: target.id });
      if (actor === null) throw unknownKey();
      return actor;
    };
  };
}

/** Large ones in turn: each is in memory several times over until it is stored. */
function sendingOf({ door, mimeCodec, newId, largeMails = MAX_LARGE_MAILS }: SubmitterParts) {
  const queue = createFairQueue(largeMails, MAX_LARGE_SUBMISSIONS_QUEUED);
  const send = async (actor: Actor, inbox: string, submission: Submission): Promise<Sent> => {
    const madeId = `<${newId()}@${inbox.slice(inbox.indexOf("@") + 1)}>`;
    return door.run(submitMail, actor, { inbox }, await readSubmission(submission, mimeCodec, madeId));
  };
  return async (actor: Actor, inbox: string, submission: Submission): Promise<Sent> => {
    if (submission.raw.byteLength <= LARGE_MAIL_BYTES) return send(actor, inbox, submission);
    await queue.acquire(inbox).catch((error: unknown) => {
      throw error instanceof QueueFull ? tooMany() : error;
    });
    return send(actor, inbox, submission).finally(() => queue.release(inbox));
  };
}

const tooMany = (): Failure =>
  fail("service.unavailable", { message: "Too many at once", hint: "Try again in a few seconds." });
