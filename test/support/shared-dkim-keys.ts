/** Key pairs for the domains of tests, made once for all files of a worker: an RSA pair takes 0.2 s of CPU. */
import type { Outside } from "../../src/domain/door/outside.ts";
import type { DkimKeyPair } from "../../src/protocols/dkim/index.ts";
import { createDkimKeys } from "../../src/workers/dkim-keys.ts";

/** How many in a row are of different keys: more than one domain has at a time. */
const DIFFERENT = 4;
const make = createDkimKeys();
const made = new Map<number, Promise<readonly DkimKeyPair[]>>();

async function makeOne(): Promise<readonly DkimKeyPair[]> {
  const [pairs] = await make({ tenant: "tests", count: 1 });
  if (pairs === undefined) throw new Error("so few orders fit the queue");
  return pairs;
}

/** Gives them in turn. */
export function sharedDkimKeys(): Outside["dkimKeys"] {
  let given = 0;
  const next = (): Promise<readonly DkimKeyPair[]> => {
    const place = given++ % DIFFERENT;
    const pairs = made.get(place) ?? makeOne();
    made.set(place, pairs);
    return pairs;
  };
  return ({ count }) => Promise.all(Array.from({ length: count }, next));
}
