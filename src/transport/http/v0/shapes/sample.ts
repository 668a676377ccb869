/** The one small world that all examples of the API docs are taken from: an id in one object is the same in another. */
export const sample = {
  organizationId: "019fff8a-ef30-7000-8c1d-2f6b8f0a4e11",
  podId: "01a003f3-1280-7000-9b52-6d0c3e7f1a20",
  podClientId: "tenant-42",
  inbox: "scout@mail.example.com",
  inboxClientId: "scout-of-tenant-42",
  domain: "mail.example.com",
  threadId: "01a003f3-1280-7002-a3e4-51c07b9d2f68",
  /** Of a mail that came in: its sender's own. */
  messageId: "<CAF3k9vQ2x7dT@mail.gmail.com>",
  /** Of a mail that went out. */
  sentMessageId: "<01a003f3-1280-7004-8d7a-90b4e2c61f35@mail.example.com>",
  deliveryId: "01a003f3-1280-7007-a1c2-3d4e5f607182",
  draftId: "01a003f3-1280-7008-8e1f-6a5b4c3d2e10",
  attachmentId: "01a003f3-1280-7003-b6f9-0e8d4c2a7b51",
  apiKeyId: "01a003f3-1280-7001-8e03-c94a6b1d5f72",
  apiKeyPrefix: "am_us_inbox_5f0c1e",
  apiKey: `am_us_inbox_${"5f0c1e93a7b2d4c8".repeat(4)}`,
  /** The point of RFC 7515 appendix A.3. */
  jwkX: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  jwkY: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
  jwkFingerprint: "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U",
  human: "ada@yourcompany.com",
  webhookId: "ep_01a003f3128070058f41b7c29d60e3a5",
  eventId: "01a003f3-1280-7009-92d4-8b6f1c0e3a57",
  webhookSecret: "whsec_TWQJ0pX0k1tqI8m7o1Q2c3Z4YXNkZmdo",
  person: "Ada Lovelace <ada@example.org>",
  at: "2026-08-15T05:44:16.768Z",
  later: "2026-08-15T06:44:16.000Z",
  /** Where only the future is taken. */
  ahead: "2099-01-31T00:00:00.000Z",
  pageToken:
    "WyJpbmJveGVzIiwiMjAyNi0wOC0xNVQwNTo0NDoxNi43NjhaIiwiMDFhMDAzZjMtMTI4MC03MDA2LTlkMGMtN2U1MWEyYjRjOGYzIl0",
} as const;
