/** Which of PostgreSQL's processes serves a connection. */
import type pg from "pg";

/**
 * @returns process id, as the other end said when the connection began. A pooler says one of its own, or none
 */
// Cast: the driver keeps it; its types leave it out.
export const backendOf = (client: pg.ClientBase): number =>
  (client as unknown as { processID: number }).processID;
