/**
 * What inboxes hold of the messages that a group of arrivals are or name, and what the group adds. Several messages of an
 * inbox may have been sent under one Message-ID; see docs/decisions/0019-message-identity.md.
 */
import type { Ancestor } from "./threading.ts";

export interface KnownMessage extends Ancestor {
  readonly inboxId: string;
  /** Unique within the inbox. */
  readonly messageId: string;
  /** Of its header. */
  readonly sentMessageId: string;
  /** Null on what was stored before it was kept: then nothing is the same mail. */
  readonly contentSha256: Buffer | null;
  /** GUID of its Outlook conversation; null without one. */
  readonly conversationId: string | null;
}

const keyOf = (inboxId: string, messageId: string): string => `${inboxId}\n${messageId}`;

export class KnownMessages {
  /** By inbox and id; by the Message-ID of the header as well where that is another. */
  readonly #byId = new Map<string, KnownMessage[]>();
  /** By inbox and conversation: the newest. */
  readonly #byConversation = new Map<string, KnownMessage>();

  constructor(stored: readonly KnownMessage[]) {
    for (const message of stored) this.add(message);
  }

  add(message: KnownMessage): void {
    for (const id of new Set([message.messageId, message.sentMessageId])) {
      const key = keyOf(message.inboxId, id);
      const others = this.#byId.get(key);
      if (others === undefined) this.#byId.set(key, [message]);
      else others.push(message);
    }
    if (message.conversationId === null) return;
    const key = keyOf(message.inboxId, message.conversationId);
    const newest = this.#byConversation.get(key);
    if (newest === undefined || message.timestamp >= newest.timestamp) this.#byConversation.set(key, message);
  }

  /** True when the inbox holds the same mail: this content, sent under this Message-ID. */
  holds(inboxId: string, sentMessageId: string, contentSha256: Buffer): boolean {
    return this.#named(inboxId, sentMessageId).some(
      (message) =>
        message.sentMessageId === sentMessageId && message.contentSha256?.equals(contentSha256) === true,
    );
  }

  /** True when a message of the inbox has that as its own id. */
  isTaken(inboxId: string, messageId: string): boolean {
    return this.#named(inboxId, messageId).some((message) => message.messageId === messageId);
  }

  /**
   * The message whose thread an arrival joins: the first id that names one. Of several sent under it, the one that has the id as
   * its own, which came first: who sends another under a known id draws no answers away from it.
   * @param sentMessageId the arrival's, which names nothing that it answers
   * @param ids its In-Reply-To, which may have several, then its References, nearest first
   * @returns null when it starts a thread
   */
  ancestorOf(inboxId: string, sentMessageId: string, ids: readonly string[]): Ancestor | null {
    for (const id of ids) {
      const named = id === sentMessageId ? [] : this.#named(inboxId, id);
      const ancestor = named.find((message) => message.messageId === id) ?? named[0];
      if (ancestor !== undefined) return ancestor;
    }
    return null;
  }

  /** The newest message of an Outlook conversation, whose thread an answer without a known ancestor joins. */
  newestOf(inboxId: string, conversationId: string): Ancestor | null {
    return this.#byConversation.get(keyOf(inboxId, conversationId)) ?? null;
  }

  #named(inboxId: string, id: string): readonly KnownMessage[] {
    return this.#byId.get(keyOf(inboxId, id)) ?? [];
  }
}
