/** Query fields that searches of messages and of threads share, and what is shown of a hit (contract 6.7, 7.7). */
import { z } from "@hono/zod-openapi";
import { DEFAULT_PAGE_SIZE } from "../../../domain/limits.ts";
import { type Highlights, searchKey } from "../../../domain/mail/search/index.ts";
import { MAX_FILTERED_PAGE_SIZE } from "../limits.ts";
import { momentFields } from "./mail-query.ts";
import { type PageQuery, pageFields } from "./pages.ts";

/** Query fields of a page of results, of 100 items at most; their order is their own. */
export const resultFields = (key = searchKey) => {
  const { limit, page_token } = pageFields(key);
  return {
    limit: limit.pipe(z.number().max(MAX_FILTERED_PAGE_SIZE).optional()).openapi({
      description: `Items on the page, ${MAX_FILTERED_PAGE_SIZE} at most: ${DEFAULT_PAGE_SIZE} when absent.`,
      type: "integer",
      minimum: 1,
      maximum: MAX_FILTERED_PAGE_SIZE,
      example: 20,
    }),
    page_token,
  };
};

export const searchQuery = (plural: string) =>
  z.object({
    q: z.string().min(1).openapi({
      description:
        'Words, all of which must be there, in any case and without regard to diacritics; "a phrase"; OR between alternatives; - before what must not be there; * behind the beginning of a word, from three letters on. They are looked for in subject, people, text without quoted history, and names of attachments. No query is an error: what has no word in it finds nothing. The first 32 words count. A page ends after a second of looking, or when much was read for it: it may then have fewer results than there are, or none, and a next_page_token with which to go on. What cannot be looked for at all in five seconds is refused (query_range_too_wide).',
      example: 'invoice "last july" -draft',
    }),
    ...resultFields(),
    ...momentFields(plural),
    sort: z.enum(["relevance", "timestamp"]).optional().openapi({
      description:
        "An addition of this server. relevance, or absent: the best first, within each five hundred of the newest that fit. timestamp: the newest first.",
      example: "relevance",
    }),
  });

interface SearchQuery extends PageQuery {
  readonly q: string;
  readonly before?: Date | undefined;
  readonly after?: Date | undefined;
  readonly sort?: "relevance" | "timestamp" | undefined;
}

export const resultPage = (query: PageQuery) => ({
  size: query.limit ?? DEFAULT_PAGE_SIZE,
  after: query.page_token ?? null,
});

export const searchInputOf = (query: SearchQuery) => ({
  query: query.q,
  order: query.sort ?? "relevance",
  before: query.before ?? null,
  after: query.after ?? null,
  page: resultPage(query),
});

const pieces = (of: string) =>
  z
    .array(z.string())
    .optional()
    .openapi({
      description: `Pieces of ${of} that have what was asked for, with it between **; absent when it has none.`,
      example: ["Re: **Invoice** for July"],
    });

export const v0Highlights = z
  .object({
    from: pieces("its sender"),
    recipients: pieces("its recipients"),
    subject: pieces("its subject"),
    text: pieces("its text, three at most,"),
  })
  .optional()
  .openapi({
    description: "What of it has what was asked for; absent when there is nothing to show.",
    example: { subject: ["Re: **Invoice** for July"] },
  });

/** Absent when there is nothing to show. */
export function toV0Highlights(highlights: Highlights | null): {
  highlights?: Record<string, readonly string[]>;
} {
  if (highlights === null) return {};
  const { from, recipients, subject, text } = highlights;
  const shown = Object.entries({ from, recipients, subject, text }).filter(([, pieces]) => pieces.length > 0);
  return shown.length === 0 ? {} : { highlights: Object.fromEntries(shown) };
}
