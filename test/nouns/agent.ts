import type { TestNoun } from "./noun.ts";

const tooLong = [{ says: "2049 characters", value: "x".repeat(2049) }];

/** Agents may not sign up where the matrices ask, and no tenant of theirs waits for a code. */
export const agent: TestNoun = {
  dialect: "v0",
  tables: ["sign_ups"],
  absent: {},
  routes: {
    "agent.signUp": {
      body: () => ({ username: "newcomer", human_email: "ada@outside.test" }),
      fields: { username: "text", human_email: "text", source: tooLong, referrer: tooLong },
      empty: "username",
      answered: 403,
    },
    "agent.verify": {
      body: () => ({ otp_code: "042137" }),
      fields: { otp_code: "text" },
      empty: "otp_code",
      answered: 403,
    },
    "agent.attachHuman": {
      body: () => ({ human_email: "ada@outside.test" }),
      fields: { human_email: "text" },
      empty: "human_email",
      answered: 403,
    },
  },
};
