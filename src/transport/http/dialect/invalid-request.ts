/** One thing that is wrong with a request; `path` leads to the field in the dialect's own words, empty for the whole. */
export interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly [fact: string]: unknown;
}

/** Thrown for a request that does not fit the route's schema; the dialect writes the answer. */
export class InvalidRequest extends Error {
  readonly issues: readonly Issue[];
  readonly remedy: string | undefined;
  constructor(issues: readonly Issue[], remedy?: string) {
    super(issues[0]?.message ?? "request validation failed");
    this.issues = issues;
    this.remedy = remedy;
  }
}

/** One issue, at a path in the request's own words. */
export const wrongAt = (path: readonly PropertyKey[], message: string): InvalidRequest =>
  new InvalidRequest([{ code: "custom", path, message }]);
