import type { RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { openSockets, type Sockets } from "../../../test/support/sockets.ts";
import type { FilesOrder, FilesOutcome } from "../../domain/door/outside.ts";
import { createFileFetcher, type FileFetcher } from "./fetch-files.ts";

let sockets: Sockets;
/** Paths that were requested, in order. */
let asked: unknown[];
let fetcher: FileFetcher;

beforeEach(() => {
  [sockets, asked] = [openSockets(), []];
  fetcher = fetcherWith(true, {});
});
afterEach(() => sockets.end());

function fetcherWith(allowPrivate: boolean, names: Readonly<Record<string, string[]>>): FileFetcher {
  const made = createFileFetcher({
    allowPrivate,
    resolve: async (host) => names[host] ?? [],
    userAgent: "Rookery/test",
  });
  sockets.atEnd(() => made.close());
  return made;
}

const order = (urls: readonly string[], more: Partial<FilesOrder> = {}): FilesOrder => ({
  podId: "pod",
  urls,
  maxBytes: 1000,
  timeoutMs: 10_000,
  maxRedirects: 3,
  ...more,
});
const fetchOne = (url: string, more: Partial<FilesOrder> = {}) => fetcher.fetchFiles(order([url], more));
const refused = (why: unknown, index = 0): FilesOutcome => ({ kind: "refused", index, why: String(why) });

/** Origin of a server that records its requests. */
async function serve(answer: RequestListener): Promise<string> {
  const port = await sockets.http((request, response) => {
    asked.push(request.url);
    answer(request, response);
  });
  return `http://127.0.0.1:${port}`;
}
const status = (code: number, headers: Record<string, string> = {}) =>
  serve((_request, response) => void response.writeHead(code, headers).end("ignored"));

describe("files", () => {
  it("come in the order of the request, with the names and types that their servers give", async () => {
    const origin = await serve((request, response) => {
      if (request.url === "/named")
        response.setHeader("content-disposition", 'attachment; filename="../a b.pdf"');
      if (request.url !== "/folder/") response.setHeader("content-type", "Application/PDF");
      response.end(Buffer.from(`\u0000\u00ff${request.url}`, "latin1"));
    });
    const urls = [`${origin}/named`, `${origin}/x/y%20z.pdf?sig=1#page=2`, `${origin}/folder/`];
    const bytes = (path: string): Buffer => Buffer.from(`\u0000\u00ff${path}`, "latin1");
    expect(await fetcher.fetchFiles(order(urls))).toEqual({
      kind: "files",
      files: [
        { content: bytes("/named"), filename: "a b.pdf", contentType: "application/pdf" },
        { content: bytes("/x/y%20z.pdf?sig=1"), filename: "y z.pdf", contentType: "application/pdf" },
        { content: bytes("/folder/"), filename: null, contentType: null },
      ],
    });
    expect(asked).toEqual(["/named", "/x/y%20z.pdf?sig=1", "/folder/"]);
  });

  it("are requested without a key, a cookie or compression", async () => {
    let headers: object = {};
    const origin = await serve((request, response) => {
      headers = request.headers;
      response.end();
    });
    await fetchOne(origin);
    expect(headers).toEqual({
      accept: "*/*",
      "accept-encoding": "identity",
      connection: "close",
      host: origin.slice("http://".length),
      "user-agent": "Rookery/test",
    });
  });

  it("are all there or none: the first that fails is named, and those after it are not requested", async () => {
    const origin = await serve((request, response) =>
      response.writeHead(request.url === "/b" ? 404 : 200).end("x"),
    );
    expect(await fetcher.fetchFiles(order(["a", "b", "c"].map((name) => `${origin}/${name}`)))).toEqual(
      refused("it was answered with status 404", 1),
    );
    expect(asked).toEqual(["/a", "/b"]);
  });
});

describe("a server", () => {
  it.each([
    ["http://127.0.0.1/", "the URL must begin with https://"],
    ["https://127.0.0.1/", "the address is private or reserved"],
    ["https://[::ffff:169.254.169.254]/", "the address is private or reserved"],
    ["https://localhost/", "the host is not reachable from the public internet"],
    ["https://ann:secret@files.test/", "the URL may not hold a user name or password"],
    ["https://files.test:25/", "port 25 is not one for HTTP"],
    ["https://inside.test/", "inside.test has no public address"],
    ["https://both.test/", "both.test has no public address"],
    ["https://nowhere.test/", "nowhere.test has no public address"],
    ["ftp://files.test/", "the URL must begin with https://"],
    ["file:///etc/passwd", "the URL must begin with https://"],
    ["data:text/plain,hello", "the URL must begin with https://"],
    ["report.pdf", "not a URL"],
    ["", "not a URL"],
    [`https://files.test/${"a".repeat(8192)}`, "a URL may have 8192 characters at most"],
  ])("at %s is not called, since %s", async (url, why) => {
    const names = { "inside.test": ["10.0.0.1"], "both.test": ["93.184.215.14", "127.0.0.1"] };
    expect(await fetcherWith(false, names).fetchFiles(order([url]))).toEqual(refused(why));
  });

  it.each([204, 206, 200])("that answers %i has given its file", async (code) => {
    const origin = await status(code);
    expect(await fetchOne(origin)).toMatchObject({ kind: "files" });
  });

  it.each([304, 400, 401, 403, 404, 410, 500, 503])("that answers %i has given no file", async (code) => {
    const origin = await status(code, { location: "/elsewhere" });
    expect(await fetchOne(origin)).toEqual(refused(`it was answered with status ${code}`));
    expect(asked).toEqual(["/"]);
  });

  it("that compresses without being asked to is refused", async () => {
    const origin = await status(200, { "content-encoding": "gzip" });
    expect(await fetchOne(origin)).toEqual(refused("it came in the encoding gzip, which was not requested"));
  });

  it.each([
    ["cuts its answer short", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok"],
    ["cuts a chunk short", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nok"],
  ])("that %s has given no file", async (_what, text) => {
    const port = await sockets.raw((socket) => void socket.end(text));
    expect(await fetchOne(`http://127.0.0.1:${port}/`)).toEqual(refused("its answer was cut short"));
  });

  it.each([
    ["says nothing", () => undefined],
    [
      "drips its file",
      (socket: Socket) => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n");
        const timer = setInterval(() => socket.write("x"), 5);
        socket.on("close", () => clearInterval(timer));
      },
    ],
  ])("that %s is left when the time is up, and the connection closed", async (_what, act) => {
    let closed = (): void => undefined;
    const over = new Promise<void>((resolve) => (closed = resolve));
    const port = await sockets.raw((socket) => {
      socket.on("close", () => closed());
      act(socket);
    });
    expect(await fetchOne(`http://127.0.0.1:${port}/`, { timeoutMs: 100 })).toEqual(
      refused("no answer in time"),
    );
    await over;
  });
});

describe("the size", () => {
  const tooLarge = (room: number) => `it is larger than the ${room} bytes that are left for the message`;
  const whole = (bytes: number) => (response: ServerResponse) => void response.end("x".repeat(bytes));
  const inBytes = (bytes: number) => (response: ServerResponse) => {
    for (let sent = 0; sent < bytes; sent++) response.write("x");
    response.end();
  };

  it.each([
    ["declared", whole],
    ["found out", inBytes],
  ])("that is %s may have exactly the bytes left, and not one more", async (_how, body) => {
    const origin = await serve((request, response) => body(Number(request.url?.slice(1)))(response));
    const fits = await fetchOne(`${origin}/1000`);
    expect(fits.kind === "files" && fits.files[0]?.content.byteLength).toBe(1000);
    expect(await fetchOne(`${origin}/1001`)).toEqual(refused(tooLarge(1000)));
    expect(await fetchOne(`${origin}/0`, { maxBytes: 0 })).toMatchObject({ kind: "files" });
    expect(await fetchOne(`${origin}/1`, { maxBytes: 0 })).toEqual(refused(tooLarge(0)));
  });

  it("is that of all files together", async () => {
    const origin = await serve((_request, response) => whole(400)(response));
    expect(await fetcher.fetchFiles(order([origin, origin, origin]))).toEqual(refused(tooLarge(200), 2));
  });

  it("that is declared too large is believed: nothing is read", async () => {
    const port = await sockets.raw(
      (socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n"),
    );
    expect(await fetchOne(`http://127.0.0.1:${port}/`)).toEqual(refused(tooLarge(1000)));
  });

  it("without end is read up to the bound, and the connection closed", async () => {
    let closed = (): void => undefined;
    const over = new Promise<void>((resolve) => (closed = resolve));
    const origin = await serve((_request, response) => {
      const more = (): void => {
        while (response.write("x".repeat(1000)));
      };
      response.on("drain", more).on("close", closed);
      more();
    });
    expect(await fetchOne(origin, { maxBytes: 1_000_000 })).toEqual(refused(tooLarge(1_000_000)));
    await over;
  });

  it("grows through every buffer without a byte lost", async () => {
    const bytes = Buffer.alloc(300_001, "0123456789");
    const origin = await serve((_request, response) => void response.end(bytes));
    const outcome = await fetchOne(origin, { maxBytes: bytes.byteLength });
    expect(outcome.kind === "files" && outcome.files[0]?.content.equals(bytes)).toBe(true);
  });
});

describe("a redirect", () => {
  /** /3 leads to /2 and so on; /0 is the file. */
  const countdown = () =>
    serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end("here");
      else
        response.writeHead([301, 302, 303, 307, 308][left % 5] ?? 302, { location: `/${left - 1}#x` }).end();
    });

  it("is followed three times, and what is at its end is named by where it was", async () => {
    const origin = await countdown();
    expect(await fetchOne(`${origin}/3`)).toEqual({
      kind: "files",
      files: [{ content: Buffer.from("here"), filename: "0", contentType: null }],
    });
    expect(asked).toEqual(["/3", "/2", "/1", "/0"]);
    asked = [];
    expect(await fetchOne(`${origin}/4`)).toEqual(refused("it redirects more than 3 times"));
    expect(asked).toEqual(["/4", "/3", "/2", "/1"]);
  });

  it.each([
    ["ftp://files.test/", "the URL must begin with https:// or http://"],
    ["file:///etc/passwd", "the URL must begin with https:// or http://"],
    ["http://ann@files.test/", "the URL may not hold a user name or password"],
    ["http://nowhere.test/", "nowhere.test has no address"],
    ["http://files.test:25/", "port 25 is not one for HTTP"],
    ["http://[", "it redirects to an invalid URL"],
  ])("to %s is not followed, since %s", async (location, why) => {
    const origin = await status(302, { location });
    expect(await fetchOne(origin)).toEqual(refused(why));
  });

  it("without a Location is an answer without a file", async () => {
    expect(await fetchOne(await status(302))).toEqual(refused("it was answered with status 302"));
  });
});

describe("orders at once", () => {
  it("are refused beyond a pod's fair share, which leaves some for other pods, and are accepted again when one has ended", async () => {
    const waiting: ServerResponse[] = [];
    let full = (): void => undefined;
    const all = new Promise<void>((resolve) => (full = resolve));
    const origin = await serve((_request, response) => {
      waiting.push(response);
      if (waiting.length === 16) full();
    });
    const half = Array.from({ length: 16 }, () => fetchOne(origin));
    await all;
    expect(await fetchOne(origin)).toEqual({ kind: "busy" });
    const other = fetchOne(await serve((_request, response) => void response.end("x")), { podId: "other" });
    expect(await other).toMatchObject({ kind: "files" });
    for (const response of waiting) response.end("x");
    expect((await Promise.all(half)).map(({ kind }) => kind)).toEqual(Array(16).fill("files"));
    const after = fetchOne(origin);
    await eventually("the seventeenth request", async () => waiting.length === 17);
    waiting[16]?.end();
    expect(await after).toMatchObject({ kind: "files" });
  });

  it("are refused beyond thirty-two in all", async () => {
    let arrived = 0;
    let full = (): void => undefined;
    const all = new Promise<void>((resolve) => (full = resolve));
    const origin = await serve(() => {
      if (++arrived === 32) full();
    });
    const held = Array.from({ length: 32 }, (_, index) => fetchOne(origin, { podId: `pod-${index}` }));
    await all;
    expect(await fetchOne(origin, { podId: "late" })).toEqual({ kind: "busy" });
    await sockets.end();
    await Promise.all(held);
  });
});

it("interim answers without end, and no real one, are not waited for", async () => {
  const port = await sockets.raw((socket) => {
    const more = (): void => {
      while (socket.writable && socket.write("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n".repeat(1000)));
      socket.once("drain", more);
    };
    more();
  });
  const fetched = await fetchOne(`http://127.0.0.1:${port}/`, { timeoutMs: 25_000 });
  expect(fetched).toEqual(refused("too many interim answers"));
});
