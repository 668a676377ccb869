/** All floods, in the order in which they are tried. */
import type { Flood } from "../flood.ts";
import { busyGenerator } from "./busy-generator.ts";
import { halfOpenHttp } from "./half-open-http.ts";
import { idleSmtp } from "./idle-smtp.ts";
import { listPages } from "./list-pages.ts";
import { recipientGuesses } from "./recipient-guesses.ts";
import { senders } from "./senders.ts";
import { silentData } from "./silent-data.ts";
import { unknownKeys } from "./unknown-keys.ts";
import { wideMail } from "./wide-mail.ts";

export const floods: readonly Flood[] = [
  busyGenerator,
  listPages,
  wideMail,
  senders,
  unknownKeys,
  halfOpenHttp,
  idleSmtp,
  recipientGuesses,
  silentData,
];
