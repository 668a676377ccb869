/** All floods, in the order in which they are tried. */
import type { Flood } from "../flood.ts";
import { busyGenerator } from "./busy-generator.ts";
import { drippingData } from "./dripping-data.ts";
import { failingEndpoints } from "./failing-endpoints.ts";
import { fleetApplies } from "./fleet-applies.ts";
import { halfOpenHttp } from "./half-open-http.ts";
import { idleSmtp } from "./idle-smtp.ts";
import { listPages } from "./list-pages.ts";
import { localBurst } from "./local-burst.ts";
import { longThreads } from "./long-threads.ts";
import { passwordGuesses } from "./password-guesses.ts";
import { pipelinedHttp } from "./pipelined-http.ts";
import { recipientGuesses } from "./recipient-guesses.ts";
import { refusedUpgrades } from "./refused-upgrades.ts";
import { senders } from "./senders.ts";
import { signUps } from "./sign-ups.ts";
import { silentData } from "./silent-data.ts";
import { silentDns } from "./silent-dns.ts";
import { silentEndpoints } from "./silent-endpoints.ts";
import { slowBodies } from "./slow-bodies.ts";
import { tlsHandshakes } from "./tls-handshakes.ts";
import { unknownKeys } from "./unknown-keys.ts";
import { wideMail } from "./wide-mail.ts";

export const floods: readonly Flood[] = [
  busyGenerator,
  listPages,
  longThreads,
  wideMail,
  senders,
  unknownKeys,
  refusedUpgrades,
  signUps,
  halfOpenHttp,
  pipelinedHttp,
  slowBodies,
  idleSmtp,
  recipientGuesses,
  passwordGuesses,
  tlsHandshakes,
  silentData,
  drippingData,
  localBurst,
  silentDns,
  silentEndpoints,
  failingEndpoints,
  fleetApplies,
];
