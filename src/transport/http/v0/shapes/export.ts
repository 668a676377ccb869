/** A pod as files of an archive. */
import type { Exported, ExportedMessage, ListEntryRow } from "../../../../domain/fleet/exports/index.ts";
import type { FilePiece } from "../../../../domain/mail/files/index.ts";
import type { Webhook } from "../../../../domain/notify/webhooks/index.ts";
import type { WholeDraft } from "../../../../domain/transit/drafts/index.ts";
import type { ArchiveFile } from "../../dialect/archive.ts";
import { toV0ApiKey } from "./api-key.ts";
import { present, wire } from "./common.ts";
import { toV0DomainItem } from "./domain.ts";
import { toV0Draft } from "./draft.ts";
import { toV0Inbox } from "./inbox.ts";
import { toV0Pod } from "./pod.ts";
import { toV0Webhook } from "./webhook.ts";

/** Of the layout of the files; another number when it changes. */
const FORMAT = "rookery-pod-export/2";

/** The files of one part. Everything lies in one folder, whose name is the pod's id. */
export function exportFiles(exported: Exported): readonly ArchiveFile[] {
  const { podId, part, readAt } = exported;
  const json = (name: string, value: unknown): ArchiveFile => ({
    name: `${podId}/${name}`,
    content: Buffer.from(`${JSON.stringify(value, null, 2)}\n`),
    modifiedAt: readAt,
  });
  // A section without objects has its file all the same, once.
  const list = (name: string, items: readonly unknown[]): ArchiveFile[] => [
    json(part === 1 ? `${name}.json` : `${name}-${part}.json`, items),
  ];
  switch (exported.section) {
    case "pod":
      return [json("pod.json", toV0Pod(exported.pod))];
    case "domains":
      return list("domains", exported.items.map(toV0DomainItem));
    case "webhooks":
      return list("webhooks", exported.items.map(withoutSecret));
    case "apiKeys":
      return list("api-keys", exported.items.map(toV0ApiKey));
    case "listEntries":
      return list("list-entries", exported.items.map(listEntry));
    case "inboxes":
      return list("inboxes", exported.items.map(toV0Inbox));
    case "drafts":
      return [
        ...exported.items.flatMap((draft) => filesOf(podId, draft)),
        ...list("drafts", exported.items.map(toV0Draft)),
      ];
    case "messages":
      return [
        ...exported.items.map((message) => mail(podId, message)),
        ...list("messages", exported.items.map(messageLine)),
      ];
    case "files": {
      const { items } = exported;
      const begun = items.findIndex(({ position }) => position === 0);
      // What is left of a file that began in the part before comes first: nothing may stand between two pieces.
      const rest = items.slice(0, begun === -1 ? items.length : begun);
      const others = items.slice(rest.length);
      const lines = others.filter(({ position }) => position === 0).map(fileLine);
      return [
        ...rest.map((piece) => pieceOf(podId, piece)),
        ...(lines.length > 0 || part === 1 ? list("files", lines) : []),
        ...others.map((piece) => pieceOf(podId, piece)),
      ];
    }
    case "end":
      return [
        json("manifest.json", {
          format: FORMAT,
          pod_id: podId,
          exported_at: exported.at.toISOString(),
          ...wire(exported.counts, ["inboxes", "messages", "bytes", "files", "fileBytes"]),
        }),
      ];
  }
}

const withoutSecret = (webhook: Webhook): unknown => {
  const { secret: _, ...shown } = toV0Webhook(webhook);
  return shown;
};

const listEntry = (entry: ListEntryRow): unknown =>
  present({ ...wire(entry, ["inboxId", "direction", "listType", "entry", "reason", "createdAt"]) });

/** What file systems take no name with. */
const unfit = /[/\\:*?"<>|\p{Cc}]/gu;

/** Two addresses never share a folder. */
function folderOf(address: string, inboxId: string): string {
  const name = address.replaceAll(unfit, "_");
  return name === address ? name : `${name}~${inboxId}`;
}

const pathOf = (message: ExportedMessage): string =>
  `inboxes/${folderOf(message.address, message.inboxId)}/${message.id}.eml`;

const mail = (podId: string, message: ExportedMessage): ArchiveFile => ({
  name: `${podId}/${pathOf(message)}`,
  content: message.raw,
  modifiedAt: message.timestamp,
});

/** By their ids: their names are their senders' own. */
const filesOf = (podId: string, draft: WholeDraft): ArchiveFile[] =>
  draft.files.map(({ attachment, content }) => ({
    name: `${podId}/drafts/${draft.id}/${attachment.id}`,
    content,
    modifiedAt: draft.updatedAt,
  }));

/** What of a message its bytes do not say. */
const messageLine = (message: ExportedMessage): unknown =>
  present({
    file: pathOf(message),
    inbox_id: message.address,
    ...wire(message, ["messageId", "threadId", "direction", "labels", "timestamp", "bcc", "size"]),
  });

/** By their ids, as those of drafts: names that one file system tells apart are one name in another. */
const pathOfFile = ({ id, inboxAddress, inboxId }: FilePiece["file"]): string =>
  `inboxes/${folderOf(inboxAddress, inboxId)}/files/${id}`;

const pieceOf = (podId: string, { file, content }: FilePiece): ArchiveFile => ({
  name: `${podId}/${pathOfFile(file)}`,
  content,
  size: file.size,
  modifiedAt: file.updatedAt,
});

const fileLine = ({ file }: FilePiece): unknown =>
  present({
    file: pathOfFile(file),
    inbox_id: file.inboxAddress,
    file_id: file.id,
    ...wire(file, ["path", "size", "contentType"]),
    sha256: file.sha256.toString("base64"),
    ...wire(file, ["expiresAt", "createdAt", "updatedAt"]),
  });
