/** Replaced below once the engine exists: starts one PostgreSQL for the whole run. */
export function setup(): void {
  return;
}
