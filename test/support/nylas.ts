/** Nylas's official client. */
import * as sdk from "nylas";

/** Cast: the package has its types in a folder that TypeScript reads as CommonJS, where a default export lies one level deeper. */
const Client = sdk.default as unknown as typeof sdk.default.default;

export type Nylas = InstanceType<typeof Client>;

/** @param baseUrl of the server; its client writes paths behind it */
export const nylasClient = (baseUrl: string, apiKey: string): Nylas =>
  new Client({ apiKey, apiUri: baseUrl });
