import { expect, test } from "vitest";
import { ConfigError, loadConfig } from "./config.ts";

test("each limit is a setting of its own, 0 and no limit among them", () => {
  const { limits } = loadConfig(
    {
      ROOKERY_MAX_MESSAGE_BYTES: "1000",
      ROOKERY_LIMIT_ATTACHMENT_BYTES: "500",
      ROOKERY_LIMIT_ATTACHMENTS: "10",
      ROOKERY_LIMIT_STORAGE_BYTES: "20",
      ROOKERY_LIMIT_RECEIVED_PER_DAY: "30",
      ROOKERY_LIMIT_SENT_PER_MINUTE: "40",
      ROOKERY_LIMIT_SENT_PER_FIVE_MINUTES: "50",
      ROOKERY_LIMIT_SENT_PER_HOUR: "60",
      ROOKERY_LIMIT_SENT_PER_DAY: "0",
      ROOKERY_LIMIT_SENT_PER_THIRTY_DAYS: "-1",
      ROOKERY_LIMIT_RECIPIENTS: "5",
      ROOKERY_LIMIT_NEW_RECIPIENTS_PER_DAY: "70",
      ROOKERY_LIMIT_INBOX_RETENTION_DAYS: "80",
      ROOKERY_LIMIT_SPAM_RETENTION_DAYS: "7",
    },
    "/srv",
  );
  expect(limits).toEqual({
    attachmentBytes: 500,
    attachmentCount: 10,
    attachmentTypes: [],
    messageBytes: 1000,
    storageBytes: 20,
    receivedPerDay: 30,
    sentPerMinute: 40,
    sentPerFiveMinutes: 50,
    sentPerHour: 60,
    sentPerDay: 0,
    sentPerThirtyDays: Number.POSITIVE_INFINITY,
    recipientsPerMessage: 5,
    newRecipientsPerDay: 70,
    inboxRetentionDays: 80,
    spamRetentionDays: 7,
  });
});

test.each([
  ["ROOKERY_LIMIT_SENT_PER_DAY", "-2"],
  ["ROOKERY_LIMIT_SENT_PER_DAY", "1.5"],
  ["ROOKERY_LIMIT_ATTACHMENTS", "-1"],
  ["ROOKERY_LIMIT_ATTACHMENTS", "1001"],
  ["ROOKERY_LIMIT_RECIPIENTS", "51"],
])("%s does not take %s", (name, value) => {
  expect(() => loadConfig({ [name]: value }, "/srv")).toThrow(ConfigError);
});
