/** Far beyond what anything takes: it only bounds how long a failure is waited for, also on a machine under load. */
const TIMEOUT_MS = 60_000;
const POLL_MS = 10;

/**
 * Waits, bounded, until `look` gives something. No fixed sleeps: it looks again as soon as it may.
 * No number: one that is 0 would end the wait as any other does.
 * @param state what the error says besides, when the time is over
 */
export async function eventually<Value extends object | string | true>(
  what: string,
  look: () => Promise<Value | null | undefined | false>,
  state?: () => Promise<unknown>,
): Promise<Value> {
  const end = performance.now() + TIMEOUT_MS;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() > end) {
      const details = state === undefined ? "" : `: ${JSON.stringify(await state(), null, 1)}`;
      throw new Error(`${what}: not within ${TIMEOUT_MS} ms${details}`);
    }
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}
