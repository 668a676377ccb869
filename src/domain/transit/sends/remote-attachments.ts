/** Attachments that the caller gave by URL (contract 9.1). */

import type { InboxContext } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { privateTargetHint } from "../../door/target-hint.ts";
import { ATTACHMENT_FETCH_MS, MAX_ATTACHMENT_REDIRECTS } from "./limits.ts";
import type { CheckedAttachment, CheckedOutgoing, RemoteAttachment, WholeOutgoing } from "./outgoing.ts";

/** Base64 makes four bytes of three, so of a message this much at most can be files. */
const FILES_OF_MESSAGE = 3 / 4;

/**
 * The message with the bytes of its remote files. What the caller named stays; what the server names fills the gaps.
 * @throws Failure message.rejected naming the URL that gave no file, service.unavailable when too many are being fetched
 */
export function withRemoteFiles(context: InboxContext, outgoing: CheckedOutgoing): WholeOutgoing {
  const { attachments } = outgoing;
  const remote = attachments.filter(isRemote);
  if (remote.length === 0) return { ...outgoing, attachments: attachments.filter(isHere) };
  const heldBytes = attachments.filter(isHere).reduce((sum, { content }) => sum + content.byteLength, 0);
  const outcome = context.outside({
    kind: "files",
    podId: context.inbox.podId,
    urls: remote.map(({ url }) => url),
    maxBytes: Math.max(0, Math.floor(context.installation.maxMessageBytes * FILES_OF_MESSAGE) - heldBytes),
    timeoutMs: ATTACHMENT_FETCH_MS,
    maxRedirects: MAX_ATTACHMENT_REDIRECTS,
  });
  if (outcome.kind === "busy")
    throw fail("service.unavailable", {
      message: "Too many attachments are being fetched",
      hint: "Try again in a few seconds, or send the bytes as base64 in content.",
    });
  if (outcome.kind === "refused") throw refusal(context, attachments, remote[outcome.index], outcome.why);
  const files = new Map(remote.map((attachment, index) => [attachment, outcome.files[index]]));
  return {
    ...outgoing,
    attachments: attachments.map((attachment): CheckedAttachment => {
      if (isHere(attachment)) return attachment;
      const file = files.get(attachment);
      if (file === undefined) throw new Error("a file that was fetched is missing");
      const { url: _url, ...headers } = attachment;
      return {
        ...headers,
        filename: headers.filename ?? file.filename,
        contentType: headers.contentType ?? file.contentType,
        content: file.content,
      };
    }),
  };
}

type Attachment = CheckedOutgoing["attachments"][number];

const isRemote = (attachment: Attachment): attachment is RemoteAttachment => "url" in attachment;
const isHere = (attachment: Attachment): attachment is CheckedAttachment => "content" in attachment;

function refusal(
  context: InboxContext,
  attachments: readonly Attachment[],
  refused: RemoteAttachment | undefined,
  why: string,
): Error {
  if (refused === undefined) throw new Error("a URL that was not asked for is refused");
  const path = ["attachments", attachments.indexOf(refused), "url"];
  return fail("message.rejected", {
    message: `Message rejected: ${path.join(".")} could not be fetched: ${why}`,
    hint: `Give an https:// URL on the public internet that answers with the file, or its bytes as base64 in content.${context.installation.allowPrivateTargets ? "" : privateTargetHint(refused.url)}`,
    path,
  });
}
