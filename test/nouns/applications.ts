import type { TestNoun } from "./noun.ts";

const keptObject = [
  { says: "17 KB", value: { text: "x".repeat(17_000) } },
  { says: "a NUL", value: { text: "a\u0000b" }, at: ["text"] },
] as const;

const notUrls = [
  ...["", "callback", "/callback", "javascript:alert(1)", "data:text/html,x", "https://", "a\u0000b"],
  `https://app.example.com/${"x".repeat(2048)}`,
].map((value) => ({ says: `the URL ${JSON.stringify(value.slice(0, 30))}`, value }));

const fields = { url: notUrls, platform: "text", settings: keptObject } as const;

const uris = {
  list: {},
  find: {},
  create: { body: () => ({ url: "https://app.example.com/two" }), fields, empty: "url" },
  update: { body: () => ({ url: "https://app.example.com/two" }), fields, empty: "accepted" },
  destroy: {},
} as const;

const under = (resource: string) =>
  Object.fromEntries(Object.entries(uris).map(([verb, route]) => [`${resource}.${verb}`, route]));

/** The organization is one thing to all of its tenants; a tenant adds a redirect URI to it. */
export const applications: TestNoun = {
  dialect: "v3",
  tables: ["organization_profiles", "callback_uris"],
  absent: { redirect_uri_id: "0190a000-0000-7000-8000-00000000dead" },
  async furnish({ nylas, name }) {
    const { data } = await nylas.applications.redirectUris.create({
      requestBody: { url: `https://${name}.example.com/callback` },
    });
    return { redirect_uri_id: data.id };
  },
  routes: {
    "applications.getDetails": {},
    "applications.update": {
      body: () => ({ branding: { name: "Two" } }),
      fields: {
        branding: keptObject,
        hosted_authentication: keptObject,
        idp_settings: keptObject,
        additional_settings: keptObject,
        domain: "text",
        callback_uris: [
          ...notUrls.map(({ says, value }) => ({ says, value: [{ url: value }], at: [0, "url"] })),
          { says: "101 URIs", value: Array(101).fill({ url: "https://app.example.com/" }) },
        ],
      },
      empty: "accepted",
    },
    ...under("redirectUris"),
    ...under("callbackUris"),
  },
};
