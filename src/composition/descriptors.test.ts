import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { MAX_HTTP_CONNECTIONS, MAX_SOCKETS } from "../transport/http/limits.ts";
import { descriptorLimit, placesFor } from "./descriptors.ts";

const settings = { smtpMaxConnections: 200 };
const allOf = ({ http, sockets, smtp }: ReturnType<typeof placesFor>): number => http + sockets + 2 * smtp;

it("connections are as many as usual where descriptors are plenty, or nobody says how many there are", () => {
  const usual = { http: MAX_HTTP_CONNECTIONS, sockets: MAX_SOCKETS, smtp: 200 };
  expect(placesFor(65_536, settings)).toEqual(usual);
  expect(placesFor(null, settings)).toEqual(usual);
});

it("connections never take the descriptors that the database needs, whatever the limit", () => {
  for (const limit of [256, 1024, 4096, 20_000])
    expect(limit - allOf(placesFor(limit, { smtpMaxConnections: 65_535 }))).toBeGreaterThanOrEqual(
      Math.min(1000, limit / 2),
    );
  expect(placesFor(1024, settings)).toEqual({ http: 153, sockets: 153, smtp: 102 });
});

it("of the two limits that Linux names, the one in force is read", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rookery-limits-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  expect(await descriptorLimit(folder)).toBe(null);
  await mkdir(join(folder, "proc/self"), { recursive: true });
  const file = join(folder, "proc/self/limits");
  await writeFile(
    file,
    "Limit   Soft Limit   Hard Limit   Units\nMax open files            1024      524288     files \n",
  );
  expect(await descriptorLimit(folder)).toBe(1024);
  await writeFile(file, "Max open files            unlimited            unlimited            files     \n");
  expect(await descriptorLimit(folder)).toBe(null);
});
