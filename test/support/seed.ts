/** Pods, inboxes and keys for tests to start from, made by the operations that callers use. */
import type { Permission } from "../../src/domain/door/access/index.ts";
import { createApiKey } from "../../src/domain/tenancy/api-keys/index.ts";
import { createInbox, type Inbox } from "../../src/domain/tenancy/inboxes/index.ts";
import { createPod } from "../../src/domain/tenancy/pods/index.ts";
import type { Run } from "./test-door.ts";

export interface SeededKey {
  readonly id: string;
  readonly token: string;
}

/** What a key reaches; the organization when both are absent. */
export interface SeededAt {
  /** Id of a pod. */
  readonly pod?: string;
  /** Address of an inbox. */
  readonly inbox?: string;
}

export interface SeededTenant {
  /** Id of the pod. */
  readonly pod: string;
  /** Of a key of the pod. */
  readonly token: string;
}

export interface Seed {
  /** @returns the id of a new pod */
  pod(): Promise<string>;
  /** A new pod, and a key to it that holds all that its scope allows. */
  tenant(): Promise<SeededTenant>;
  /** A new inbox of the pod; of the Default Pod without one. */
  inbox(pod?: string): Promise<Inbox>;
  /** A new key that holds these permissions and no other; all that its scope allows without them. */
  key(at: SeededAt, ...permissions: readonly Permission[]): Promise<SeededKey>;
}

/** @param by token of the key that makes everything */
export function createSeed(run: Run, by: string): Seed {
  const seed: Seed = {
    pod: async () => (await run(by, createPod, {}, {})).id,
    async tenant() {
      const pod = await seed.pod();
      return { pod, token: (await seed.key({ pod })).token };
    },
    inbox: (pod) => run(by, createInbox, pod === undefined ? {} : { pod }, {}),
    async key(at, ...permissions) {
      const flags = Object.fromEntries(permissions.map((name) => [name, true]));
      const input = permissions.length === 0 ? {} : { permissions: flags };
      const { key, secret } = await run(by, createApiKey, at, input);
      return { id: key.id, token: secret };
    },
  };
  return seed;
}
