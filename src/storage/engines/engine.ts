/** What the rest of the product knows of its PostgreSQL. No code outside this folder asks which engine it is. */

/** Settings for node-postgres. Connects as the owner role: no superuser, but it may create roles and databases. */
export type EngineConnection =
  | { readonly connectionString: string }
  | { readonly host: string; readonly port: number; readonly user: string; readonly database: string };

export interface Engine {
  readonly name: "embedded" | "external";
  readonly connection: EngineConnection;
  /** Of the server, e.g. "18.4". */
  readonly version: string;
  /**
   * Stops what this process started; safe to call twice.
   * @param fastMs milliseconds for an end after which the next start has nothing to recover; a minute when absent. Nothing is
   *   lost when they are too few
   */
  stop(fastMs?: number): Promise<void>;
}

/** The engine cannot be used. The message says what happened and what to do next, and holds no password. */
export class EngineError extends Error {}

/** The engine cannot be had until a setting, a right or a file is changed: starting again alone is no use. */
export class EngineSetupError extends EngineError {}
