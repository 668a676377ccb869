/** Files of inboxes by the API: announced, uploaded to their links, completed. */
import { createHash } from "node:crypto";

/** A server, and a key of it. */
export interface FilesServer {
  readonly baseUrl: string;
  readonly rootKey: string;
}

export interface WireFile {
  readonly file_id: string;
  readonly status: string;
  readonly size: number;
  readonly download_url?: string;
  readonly upload?: { readonly url: string; readonly headers: Readonly<Record<string, string>> };
}

export const digestOf = (content: Uint8Array): string =>
  createHash("sha256").update(content).digest("base64");

export async function ask(
  { baseUrl, rootKey }: FilesServer,
  method: string,
  path: string,
  body?: object,
): Promise<{ readonly status: number; readonly body: WireFile }> {
  const answer = await fetch(`${baseUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${rootKey}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  // Cast: what the API answers of a file; tests look at what they use.
  return { status: answer.status, body: (answer.status === 204 ? {} : await answer.json()) as WireFile };
}

export const filesOf = (inbox: string): string => `/v0/inboxes/${encodeURIComponent(inbox)}/files`;

/** Announces a file. */
export async function announce(
  server: FilesServer,
  inbox: string,
  path: string,
  content: Uint8Array,
): Promise<WireFile> {
  const { body } = await ask(server, "POST", filesOf(inbox), {
    path,
    size: content.byteLength,
    sha256: digestOf(content),
  });
  return body;
}

/** PUTs the bytes to the link. @returns the status */
export async function put({ upload }: WireFile, content: Uint8Array<ArrayBuffer>): Promise<number> {
  const { url = "", headers = {} } = upload ?? {};
  const answer = await fetch(url, { method: "PUT", headers, body: content });
  await answer.arrayBuffer();
  return answer.status;
}

export const complete = (server: FilesServer, inbox: string, { file_id: id }: WireFile) =>
  ask(server, "POST", `${filesOf(inbox)}/${id}/complete`);

/** All three. */
export async function keepFile(
  server: FilesServer,
  inbox: string,
  path: string,
  content: Uint8Array<ArrayBuffer>,
): Promise<WireFile> {
  const file = await announce(server, inbox, path, content);
  const status = await put(file, content);
  if (status !== 200) throw new Error(`the upload of ${path} was answered with ${status}`);
  return (await complete(server, inbox, file)).body;
}

export const bytesOf = async ({ download_url: url = "" }: WireFile): Promise<Buffer> =>
  Buffer.from(await (await fetch(url)).arrayBuffer());
