/** All tools that a key can have (contract 18), in the order that clients show. */
import { draftTools } from "./draft-tools.ts";
import { inboxTools } from "./inbox-tools.ts";
import { messageTools } from "./message-tools.ts";
import { threadTools } from "./thread-tools.ts";
import type { Tool } from "./tool.ts";

export const tools: readonly Tool[] = [...inboxTools, ...threadTools, ...messageTools, ...draftTools];
