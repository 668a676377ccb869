/** Look-ups that are asked for while one is under way go together in the next: as many statements as the database answers in turn, whatever is asked. */

/**
 * @param lookUp values of the keys that have one
 * @param maxKeys keys of one call of it
 * @returns looks a key up, null when it has no value; rejects as the call that had it did
 */
export function createBatchedLookUp<Value>(
  lookUp: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
  maxKeys: number,
): (key: string) => Promise<Value | null> {
  type Waiting = ReturnType<typeof Promise.withResolvers<Value | null>>;
  const waiting = new Map<string, Waiting>();
  let isBusy = false;

  const settle = async (batch: readonly [string, Waiting][]): Promise<void> => {
    try {
      const found = await lookUp(batch.map(([key]) => key));
      for (const [key, { resolve }] of batch) resolve(found.get(key) ?? null);
    } catch (error) {
      for (const [, { reject }] of batch) reject(error);
    }
  };
  const drain = async (): Promise<void> => {
    isBusy = true;
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, maxKeys);
      for (const [key] of batch) waiting.delete(key);
      await settle(batch);
    }
    isBusy = false;
  };

  return (key) => {
    const same = waiting.get(key) ?? Promise.withResolvers<Value | null>();
    waiting.set(key, same);
    if (!isBusy) void drain();
    return same.promise;
  };
}
