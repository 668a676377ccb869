/** Declarations for libraries that bring none; only what is used. */
declare module "planer" {
  /** The reply without the quoted history. @param document a DOM document to parse into */
  export function extractFrom(body: string, contentType: string, document: unknown): string;
}
declare module "linkedom" {
  export function parseHTML(html: string): { document: unknown };
}
