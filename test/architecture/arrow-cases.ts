/** What each rule of who may import whom refuses, and what it leaves alone. */
import type { Case } from "./rule.ts";

export const arrowCases: readonly Case[] = [
  {
    rule: "imports follow",
    refused: {
      "src/transport/http/v0/pods.ts": 'import type { Tx } from "../../../storage/db.ts";',
      "src/transport/smtp/inbound.ts": 'import { app } from "../http/app.ts";',
      "src/transport/http/mcp-tools.ts": 'import type { Tool } from "../mcp/tool.ts";',
      "src/transport/smtp/mcp.ts": 'import type { ToolApi } from "../mcp/index.ts";',
      "src/transport/ws/connect.ts": 'import { a } from "../../domain/tenancy/pods/create.ts";',
      "src/transport/ws/frames.ts": 'import { keyset } from "../../domain/door/keyset.ts";',
      "src/transport/ws/subscribe.ts": 'export * from "../../egress/dns.ts";',
      "src/workers/retention.ts": 'import { openDatabase } from "../storage/db.ts";',
      "src/workers/rollup.ts": 'const app = await import("../transport/http/app.ts");',
      "src/domain/tenancy/pods/create.ts": 'import { postgresError } from "../../../storage/db.ts";',
      "src/domain/tenancy/pods/get.ts": 'import { keyset } from "../../door/keyset.ts";',
      "src/domain/tenancy/pods/notify.ts": 'import { post } from "../../../egress/http/webhook-client.ts";',
      "src/domain/door/failures.ts": 'import type { V0 } from "../../transport/http/v0/index.ts";',
      "src/domain/tenancy/pods/store.ts":
        'import { startEmbedded } from "../../../storage/engines/embedded.ts";',
      "src/domain/tenancy/pods/list-store.ts": 'import { insertInbox } from "../inboxes/index.ts";',
      "src/domain/tenancy/inboxes/store.ts": 'import { parse } from "../../../protocols/address/index.ts";',
      "src/storage/job-runner.ts": 'import { limit } from "../domain/limits.ts";',
      "src/egress/dns.ts": 'import type { Config } from "../config.ts";',
      "src/egress/http/files.ts": 'import { perform } from "../../domain/door/outside.ts";',
      "src/mime-pool/pool.ts": 'import { sweep } from "../workers/sweep-blobs.ts";',
      "src/protocols/mime/parse.ts": 'import { hash } from "../../lib/hash.ts";',
      "src/lib/log.ts": 'import { address } from "../protocols/address/index.ts";',
      "src/config.ts": 'import { app } from "./app.ts";',
      "src/cli/commands/fleet.ts": 'import { startApp } from "../../app.ts";',
      "src/cli/commands/doctor.ts": 'import { createPod } from "../../domain/tenancy/pods/index.ts";',
      "src/lib/clock.ts": 'import { eventually } from "../support/test-app.ts";',
      "src/lib/hash.ts": 'import { cases } from "./seal.test.ts";',
      "src/stray.ts": "export const one = 1;",
      "src/common/text.ts": "export const two = 2;",
    },
    allowed: {
      "src/app.ts": 'import { x } from "./storage/engines/embedded.ts"; import "./transport/http/app.ts";',
      "src/transport/http/v3/pods.ts":
        'import { a } from "../../../domain/tenancy/pods/index.ts"; import { b } from "../dialect/route.ts"; import "../../../domain/door/cursor.ts"; import "../../../lib/log.ts"; import { Hono } from "hono";',
      "src/transport/http/v0/pods.ts": 'import { MAX_PODS } from "../../../domain/tenancy/pods/limits.ts";',
      "src/transport/http/mcp.ts": 'import type { ToolApi } from "../mcp/index.ts";',
      "src/workers/deliver.ts":
        'import type { Database } from "../storage/db.ts"; import { enqueue } from "../storage/job-runner.ts"; import "../egress/smtp/mx.ts"; import "../domain/mail/messages/index.ts";',
      "src/domain/door/access/scope.ts": 'import { RowScope } from "../../../storage/row-scope.ts";',
      "src/domain/door/unavailable.ts": 'import { unavailabilityOf } from "../../storage/unavailability.ts";',
      "src/egress/http/fetch-files.ts": 'import type { Outside } from "../../domain/door/outside.ts";',

      "src/domain/tenancy/pods/update.ts":
        'import type { Tx } from "../../../storage/db.ts"; import { type A, type B } from "../../../storage/tables.ts"; import { find } from "./store.ts";',
      "src/domain/mail/messages/blob-store.ts":
        'import { postgresError } from "../../../storage/db.ts"; import { keyset } from "../../door/keyset.ts"; import type { Thread } from "../threads/index.ts"; import { insertBlobs } from "../blobs/rows.ts"; import { read } from "../../door/access/index.ts";',
      "src/domain/tenancy/pods/create.test.ts":
        'import { door } from "../../../../test/support/test-door.ts";',
      "src/mime-pool/worker.ts":
        'import { read } from "../protocols/mime/index.ts"; import { fail } from "../domain/door/failures.ts"; import "../lib/log.ts";',
      "src/protocols/mime/compose.ts": 'import { format } from "../address/index.ts"; import "node:crypto";',
      "src/cli/commands/serve.ts":
        'import { startApp } from "../../app.ts"; import "../../storage/migrate.ts"; import "../parts.ts";',
      "test/journeys/fleet.test.ts": 'import { db } from "../../src/storage/db.ts";',
    },
    sentence:
      /^src\/transport\/http\/v0\/pods\.ts:1 imports src\/storage\/db\.ts: a transport may import only domain front doors, .*\(see ARCHITECTURE\.md#arrows\)$/,
  },
  {
    rule: "nouns of the domain",
    refused: {
      "src/domain/mail/messages/send.ts": 'import { find } from "../threads/store.ts";',
      "src/domain/mail/messages/message.ts": 'import type { Thread } from "../threads/thread.ts";',
      "src/domain/door/events.ts": 'import type { Pod } from "../tenancy/pods/pod.ts";',
      "src/domain/tenancy/pods/delete.ts": 'import { mintScope } from "../../door/access/scope.ts";',
      "src/domain/mail/messages/list.ts": 'import { attachmentOf } from "../attachments/rows.ts";',
    },
    allowed: {
      "src/domain/mail/threads/get.ts":
        'import { m } from "../messages/index.ts"; import { f } from "./store.ts";',
      "src/domain/door/operation.ts": 'import { insertAudit } from "./access/store.ts";',
      "src/domain/mail/threads/get.test.ts": 'import { f } from "../messages/store.ts";',
      "src/domain/tenancy/pods/get.ts": 'import { fail } from "../../door/failures.ts";',
      "src/domain/mail/messages/read-store.ts": 'import { attachmentOf } from "../attachments/rows.ts";',
    },
    sentence:
      /^src\/domain\/mail\/messages\/send\.ts:1 imports src\/domain\/mail\/threads\/store\.ts: .* src\/domain\/mail\/threads\/index\.ts/,
  },
  {
    rule: "areas of the domain",
    refused: {
      "src/domain/mail/messages/send.ts": 'import type { Pod } from "../../tenancy/pods/index.ts";',
      "src/domain/guardrails/policies/delete.ts": 'import { stop } from "../../tenancy/pods/index.ts";',
      "src/domain/door/operation.ts": 'import { listPods } from "../tenancy/pods/index.ts";',
      "src/domain/pods/create.ts": "export const one = 1;",
    },
    allowed: {
      "src/domain/limits.ts": "export const two = 2;",
      "src/domain/notify/webhooks/create.ts": 'import { getPod } from "../../tenancy/pods/index.ts";',
      "src/domain/mail/threads/get.ts":
        'import { m } from "../messages/index.ts"; import { fail } from "../../door/failures.ts"; import "../../limits.ts";',
    },
    sentence:
      /^src\/domain\/mail\/messages\/send\.ts:1 imports src\/domain\/tenancy\/pods\/index\.ts: mail may import only door, its own area/,
  },
  {
    rule: "v0 and v3",
    refused: {
      "src/transport/http/v0/pods.ts": 'import type { A } from "../v3/shapes/pod.ts";',
      "src/transport/http/v3/shapes/pod.ts": 'export { a } from "../../v0/shapes/pod.ts";',
    },
    allowed: { "src/transport/http/v0/errors.ts": 'import "./index.ts"; import "../dialect/dialect.ts";' },
    sentence: /^src\/transport\/http\/v0\/pods\.ts:1 imports .*v3\/shapes\/pod\.ts: each facade/,
  },
  {
    rule: "the shared HTTP layer",
    refused: {
      "src/transport/http/app.ts": 'import { v0 } from "./v0/index.ts";',
      "src/transport/http/dialect/serve.ts": 'import type { V3 } from "../v3/errors.ts";',
    },
    allowed: {
      "src/app.ts": 'import { v0 } from "./transport/http/v0/index.ts";',
      "src/transport/http/server.ts": 'import "./dialect/dialect.ts";',
      "src/transport/http/v0/pods.ts": 'import "./pages.ts"; import "../dialect/route.ts";',
      "src/transport/http/server.test.ts": 'import { v0 } from "./v0/index.ts";',
    },
    sentence:
      /^src\/transport\/http\/app\.ts:1 imports src\/transport\/http\/v0\/index\.ts: a dialect is a value/,
  },
  {
    rule: "tests of the domain",
    refused: {
      "src/domain/tenancy/pods/create.test.ts": 'import { v0 } from "../../../transport/http/v0/index.ts";',
      "src/domain/tenancy/pods/delete.test.ts":
        'import { v0Caller } from "../../../../test/support/v0-caller.ts";',
      "src/domain/mail/messages/list.test.ts": 'import { one } from "../../../../test/support/furnish.ts";',
    },
    allowed: {
      "test/support/v0-caller.ts": 'import { v0Routes } from "../../src/transport/http/v0/index.ts";',
      "test/support/furnish.ts": 'import type { V0Caller } from "./v0-caller.ts";',
      "test/support/test-door.ts": 'import { createDoor } from "../../src/domain/door/door.ts";',
      "src/domain/tenancy/pods/get.test.ts":
        'import { openTestDoor } from "../../../../test/support/test-door.ts";',
      "src/transport/http/v0/mail.test.ts":
        'import { v0Caller } from "../../../../test/support/v0-caller.ts";',
    },
    sentence:
      /^src\/domain\/tenancy\/pods\/create\.test\.ts:1 imports src\/transport\/http\/v0\/index\.ts: .* \(see CONTRIBUTING\.md#tests\)$/,
  },
  {
    rule: "no import cycle",
    refused: { "src/lib/a.ts": 'import { b } from "./b.ts";' },
    allowed: {
      // With the refused file: a -> b -> c -> a.
      "src/lib/b.ts": 'export { c } from "./c.ts";',
      "src/lib/c.ts": 'import "./d.ts"; import { type A } from "./a.ts";',
      "src/lib/d.ts": 'import type { A } from "./a.ts";',
      "src/lib/e.ts": 'import { a } from "./a.ts";',
    },
    sentence:
      /^src\/lib\/a\.ts is in a runtime import cycle: src\/lib\/a\.ts -> src\/lib\/b\.ts -> src\/lib\/c\.ts -> src\/lib\/a\.ts;/,
  },
];
