/** What tools are made of: the API's routes, called as the bearer of the request's key. Handed in by who mounts the tools. */

export interface ToolApi {
  /** True when this version has the route, and the key may call it for some input. */
  offers(route: string): boolean;
  /** Runs the route's operation through the door. @param fields of path, query and body together, in snake_case */
  call(route: string, fields: Readonly<Record<string, unknown>>): Promise<ApiAnswer>;
}

export type ApiAnswer =
  | { readonly isDone: true /** Absent: the route answers with no body. */; readonly body?: unknown }
  | {
      readonly isDone: false;
      readonly status: number;
      /** The dialect's error body. */
      readonly error: Readonly<Record<string, unknown>>;
    };
