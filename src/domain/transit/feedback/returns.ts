/** The entry of what comes back: mail to return paths, and complaints to those who answer for a domain. */
import type { Clock } from "../../../lib/clock.ts";
import type { Sealer } from "../../../lib/seal.ts";
import { readFeedback } from "../../../protocols/feedback/index.ts";
import type { Database } from "../../../storage/db.ts";
import { systemActor, systemScope } from "../../door/access/index.ts";
import type { Door } from "../../door/door.ts";
import { deliveryOfReturnPath } from "../return-paths/index.ts";
import { type Report, recordReport } from "./record.ts";
import { type DeliveryPlace, findDeliveryPlace } from "./store.ts";

export interface ReturnsParts {
  readonly door: Door;
  readonly database: Database;
  readonly sealer: Pick<Sealer, "sign">;
  readonly clock: Clock;
}

/** What became of mail to a return path. */
export interface Taken {
  /** It told of deliveries, which is recorded. */
  readonly isReport: boolean;
  /** Inbox that the mail is for as well; null: nobody. */
  readonly address: string | null;
}

export interface Returns {
  /** The delivery (UUID) that an address is the return path of; null: none, so that it is an address like others. */
  deliveryOf(address: string): string | null;
  /**
   * Takes mail to the return path of a delivery. A report is recorded; any other mail, such as an automatic reply (RFC 3834 section 4 has them
   * sent there), is for the inbox that sent the message. Resolves after COMMIT. Rejects when it is to come again.
   */
  take(deliveryId: string, raw: Uint8Array): Promise<Taken>;
  /** Records a complaint that came to a role address, when it names a return path of ours. Resolves after COMMIT. */
  takeComplaint(raw: Uint8Array): Promise<void>;
}

const PART = "feedback";

export function createReturns(parts: ReturnsParts): Returns {
  const { sealer, clock } = parts;
  const deliveryOf = (address: string): string | null => deliveryOfReturnPath(sealer, address, clock.now());
  return {
    deliveryOf,
    async take(deliveryId, raw) {
      const feedback = readFeedback(raw);
      const place = await placeOf(parts, deliveryId);
      if (place === null) return { isReport: feedback !== null, address: null };
      if (feedback === null) return { isReport: false, address: place.inboxAddress };
      if (feedback.kind !== "progress") await record(parts, place, deliveryId, feedback);
      return { isReport: true, address: place.wantsReports ? place.inboxAddress : null };
    },
    async takeComplaint(raw) {
      const feedback = readFeedback(raw);
      if (feedback?.kind !== "complaint") return;
      const named = new Set(feedback.returnPaths.map(deliveryOf).filter((id) => id !== null));
      for (const deliveryId of named) {
        const place = await placeOf(parts, deliveryId);
        if (place !== null) await record(parts, place, deliveryId, feedback);
      }
    },
  };
}

const placeOf = ({ database }: ReturnsParts, deliveryId: string): Promise<DeliveryPlace | null> =>
  database.readOnce(systemScope, (tx) => findDeliveryPlace(tx, systemScope, deliveryId));

async function record(
  { door, database }: ReturnsParts,
  { podId }: DeliveryPlace,
  deliveryId: string,
  report: Report,
): Promise<void> {
  const actor = await systemActor(database, PART, { podId });
  if (actor !== null) await door.run(recordReport, actor, {}, { podId, deliveryId, report });
}
