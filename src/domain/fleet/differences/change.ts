/** One difference between what a document says and what is there. */
import { sha256Hex } from "../../../lib/hash.ts";
import { field, type Text } from "../../door/text.ts";

export type ChangeKind = "policy" | "rule" | "list" | "pod" | "inbox" | "key" | "webhook";

/**
 * create: it is not there. adopt: it is, and the fleet did not make it. update: fields differ. replace: a key whose secret nobody
 * has confirmed. resend: the secret of a webhook that nobody has confirmed, as it is. suspend, delete: its tenant has left. resume: its tenant is back. keep: it is there beyond the document, which an
 * apply leaves as it is.
 */
export type ChangeAction =
  | "create"
  | "adopt"
  | "update"
  | "replace"
  | "resend"
  | "suspend"
  | "resume"
  | "delete"
  | "keep";

/**
 * new: the fleet never made it. file: the document says something else than at the last apply. drift: it does not, so somebody
 * changed what is there. unconfirmed: of a secret. removed: its tenant is not in the document.
 */
export type ChangeCause = "new" | "file" | "drift" | "unconfirmed" | "removed";

export interface FieldChange {
  /** Of the object, in the domain's words. */
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** Who changed an object, as the audit log has it. */
export interface Author {
  readonly actor: string;
  readonly keyId: string | null;
  readonly operation: string;
  readonly at: Date;
}

export interface Change {
  /** The same for the same change, in every plan and apply. */
  readonly id: string;
  readonly action: ChangeAction;
  readonly kind: ChangeKind;
  /** Slug; null for what tenants share. */
  readonly tenant: string | null;
  /** Slug, role, or name; of a key to an inbox `role/name`. */
  readonly name: string;
  /** Of an inbox, or of the one that a key is to. */
  readonly address: string | null;
  /** Of what is there. */
  readonly objectId: string | null;
  readonly fields: readonly FieldChange[];
  readonly cause: ChangeCause;
  readonly why: Text;
  readonly by: Author | null;
}

export type ChangeDraft = Pick<Change, "action" | "kind" | "tenant" | "name" | "cause" | "why"> &
  Partial<Pick<Change, "address" | "objectId" | "fields">>;

/** Digits of a change's id: 96 bits, of a million changes. */
const ID_DIGITS = 24;

export function changeOf(draft: ChangeDraft): Change {
  const { action, kind, tenant, name, address = null, objectId = null, fields = [] } = draft;
  const id = `c_${hashOf([action, kind, tenant, name, address, fields]).slice(0, ID_DIGITS)}`;
  return { ...draft, id, address, objectId, fields, by: null };
}

/** Why fields differ: somebody changed them, or the document says something else than it did. */
export function whyOf(fields: readonly FieldChange[], isDrift: boolean): Text {
  const names = fields.flatMap((one, index) => [
    ...(index === 0 ? [] : [", "]),
    field(...one.field.split(".")),
  ]);
  return isDrift
    ? [...names, " changed in Rookery since the last apply"]
    : ["the document has another value for ", ...names];
}

/** Hex of what a value says. Keys of objects count in their order. */
export const hashOf = (value: unknown): string => sha256Hex(JSON.stringify(value));

/** What an object's row keeps of what the document said of it: enough to see that it says something else. */
export const saysOf = (desired: unknown): string => hashOf(desired).slice(0, 16);

/** How an object is called among those of its tenant. A role has no space. */
export const objectKey = {
  pod: "pod",
  inbox: (role: string): string => `inbox ${role}`,
  podKey: (name: string): string => `pod-key ${name}`,
  inboxKey: (role: string, name: string): string => `inbox-key ${role} ${name}`,
  webhook: (name: string): string => `webhook ${name}`,
};
