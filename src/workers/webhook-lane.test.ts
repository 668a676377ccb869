import { expect, it } from "vitest";
import type { DeliveryJob } from "../domain/notify/webhooks/index.ts";
import type { ProcessLocks } from "../storage/process-locks.ts";
import { trackPods } from "./pods-under-way.ts";
import { createWebhookLane, type Look, type WebhookLaneParts } from "./webhook-lane.ts";

/** Locks of a process that is alone. */
const locks: ProcessLocks = {
  tryLock: async () => true,
  unlock: async () => undefined,
  close: async () => undefined,
};

/** Lets everything happen that waits for no attempt. */
async function settled(): Promise<void> {
  for (let round = 0; round < 50; round++) await new Promise((resolve) => setImmediate(resolve));
}

/** A lane over deliveries in memory, whose attempts the test ends. */
function laneOver(due: readonly DeliveryJob[], bounds: Partial<WebhookLaneParts> = {}) {
  const left = [...due];
  const begun: DeliveryJob[] = [];
  const ends = new Map<DeliveryJob, () => void>();
  const leaves = new Map<DeliveryJob, () => void>();
  const looks: string[] = [];
  const find = async ({ podId, except, exceptWebhooks, limit }: Look): Promise<DeliveryJob[]> => {
    looks.push(podId);
    const own = left.filter(
      (job) => job.podId === podId && !except.includes(job) && !exceptWebhooks.includes(job.webhookId),
    );
    return own.slice(0, limit);
  };
  const lane = createWebhookLane({
    slots: 4,
    perEndpoint: 4,
    find,
    mayBegin: () => true,
    attempt(job, leaveSlot) {
      begun.push(job);
      leaves.set(job, leaveSlot);
      return new Promise((resolve) => ends.set(job, resolve));
    },
    pods: trackPods(locks, () => undefined),
    onFailure: (error) => {
      throw error;
    },
    ...bounds,
  });
  const end = async (job: DeliveryJob): Promise<void> => {
    left.splice(left.indexOf(job), 1);
    ends.get(job)?.();
    await settled();
  };
  const podsBegun = (): string[] => begun.map(({ podId }) => podId);
  return { lane, begun, podsBegun, looks, end, leave: (job: DeliveryJob) => leaves.get(job)?.() };
}

const jobs = (podId: string, count: number, endpoints = 1): DeliveryJob[] =>
  Array.from({ length: count }, (_, index) => ({
    podId,
    eventId: `${podId}-${index}`,
    webhookId: `${podId}/${index % endpoints}`,
    attempt: 1,
    messageUuid: null,
  }));

it("a pod with a hundred endpoints holds its share of the slots, and the next pod begins at once", async () => {
  const { lane, podsBegun } = laneOver([...jobs("flood", 200, 100), ...jobs("other", 1)]);
  lane.wake("flood");
  await settled();
  expect(podsBegun()).toEqual(["flood", "flood"]);
  lane.wake("other");
  await settled();
  expect(podsBegun()).toEqual(["flood", "flood", "other"]);
});

it("each attempt that ends lets its pod begin one more, until nothing is due", async () => {
  const { lane, begun, end } = laneOver(jobs("pod", 5));
  lane.wake("pod");
  await settled();
  for (let index = 0; index < 5; index++) {
    const job = begun[index];
    if (job !== undefined) await end(job);
  }
  expect(begun.map(({ eventId }) => eventId)).toEqual(["pod-0", "pod-1", "pod-2", "pod-3", "pod-4"]);
});

it("pods that found no slot free get the next ones, each before a pod that has more", async () => {
  const pods = ["a", "b", "c", "d", "e"];
  const { lane, podsBegun, begun, end } = laneOver(pods.flatMap((pod) => jobs(pod, 3)));
  for (const pod of pods) {
    lane.wake(pod);
    await settled();
  }
  // Half of what is free each: two, one, one.
  expect(podsBegun()).toEqual(["a", "a", "b", "c"]);
  const [first, second] = begun;
  if (first === undefined || second === undefined) throw new Error("nothing began");
  await end(first);
  await end(second);
  expect(podsBegun().slice(4)).toEqual(["d", "e"]);
});

it("an endpoint that holds what it may delays no other endpoint of its pod", async () => {
  const due = [
    ...jobs("pod", 9),
    { podId: "pod", eventId: "last", webhookId: "other", attempt: 1, messageUuid: null },
  ];
  const { lane, begun } = laneOver(due, { slots: 8, perEndpoint: 2 });
  lane.wake("pod");
  await settled();
  lane.wake("pod");
  await settled();
  expect(begun.map(({ webhookId }) => webhookId)).toEqual(["pod/0", "pod/0", "other"]);
});

it("an attempt that goes on without its slot lets another begin", async () => {
  const { lane, begun, leave } = laneOver(jobs("pod", 4), { slots: 2 });
  lane.wake("pod");
  await settled();
  expect(begun).toHaveLength(1);
  for (let index = 0; index < 3; index++) {
    const job = begun[index];
    if (job !== undefined) leave(job);
    await settled();
  }
  expect(begun.map(({ eventId }) => eventId)).toEqual(["pod-0", "pod-1", "pod-2", "pod-3"]);
});

it("what may not begin holds nothing: it is looked for again when an attempt of its pod has ended, and not before", async () => {
  const places = { free: 1 };
  const { lane, begun, looks, end } = laneOver([...jobs("pod", 3), ...jobs("other", 1)], {
    slots: 8,
    mayBegin: ({ podId }) => podId === "other" || places.free-- > 0,
  });
  lane.wake("pod");
  await settled();
  const looked = looks.length;
  lane.wake("other");
  await settled();
  expect(begun.map(({ eventId }) => eventId)).toEqual(["pod-0", "other-0"]);
  expect(looks.slice(looked)).toEqual(["other"]);
  places.free = 1;
  const [first] = begun;
  if (first !== undefined) await end(first);
  expect(begun.map(({ eventId }) => eventId)).toEqual(["pod-0", "other-0", "pod-1"]);
});
