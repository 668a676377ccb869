/** What a flood is: one file in floods/, and its line in floods/index.ts. */
import type { ServerProcess } from "../server.ts";

/** Where the flood goes. */
export type Target = Pick<ServerProcess, "baseUrl" | "smtpPort" | "submissionPort" | "rootKey">;

/** Plain data: it is handed to the generator's process as JSON. */
export type Prepared = Readonly<Record<string, string | number | readonly string[]>>;

export interface Running {
  /** How much was asked of the server since the start: requests, commands, connections. */
  done(): number;
  stop(): Promise<void>;
}

export interface Flood {
  /** In the table, and behind `npm run bench -- fairness/`. */
  readonly name: string;
  /** What is promised to everybody else meanwhile. */
  readonly promise: string;
  /** What the server is started with, such as ROOKERY_DNS_SERVERS. @param directory where files of it may lie */
  settings?(directory: string): Promise<Readonly<Record<string, string>>>;
  /** Makes what the flood needs, such as a tenant with mail, in the bench's process and before anything is measured. */
  prepare(target: Target): Promise<Prepared>;
  /** Begins; in the generator's process. */
  start(target: Target, prepared: Prepared): Promise<Running>;
}
