import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { containerMemory } from "./container-memory.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rookery-cgroup-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const v1 = "/sys/fs/cgroup/memory";
const v2 = "/sys/fs/cgroup";
const MB = 1024 * 1024;
let count = 0;

it.each([
  ["no cgroup at all", "", {}, null],
  ["version 2 without a limit", "0::/a", { [`${v2}/a/memory.max`]: "max\n" }, null],
  ["version 2", "0::/a", { [`${v2}/a/memory.max`]: `${512 * MB}\n` }, 512 * MB],
  [
    "version 2, with a narrower one around it",
    "0::/a/b/c",
    {
      [`${v2}/a/b/c/memory.max`]: "max\n",
      [`${v2}/a/b/memory.max`]: `${200 * MB}\n`,
      [`${v2}/a/memory.max`]: `${900 * MB}\n`,
    },
    200 * MB,
  ],
  ["version 2 with a namespace of its own", "0::/", { [`${v2}/memory.max`]: `${300 * MB}\n` }, 300 * MB],
  [
    "version 1 without a limit",
    "9:name=systemd:/\n4:memory:/a\n0::/",
    { [`${v1}/a/memory.limit_in_bytes`]: "9223372036854771712\n" },
    null,
  ],
  [
    "version 1 beside other controllers",
    "9:cpu,cpuacct:/x\n4:hugetlb,memory:/a\n",
    { [`${v1}/a/memory.limit_in_bytes`]: `${256 * MB}\n` },
    256 * MB,
  ],
  [
    "version 1 under the host's path, which is not there",
    "4:memory:/docker/0123\n",
    { [`${v1}/memory.limit_in_bytes`]: `${128 * MB}\n` },
    128 * MB,
  ],
])("a container with %s", async (_what, cgroups, files, bytes) => {
  const root = join(folder, String(count++));
  for (const [path, text] of Object.entries<string>({ "/proc/self/cgroup": cgroups, ...files })) {
    await mkdir(dirname(root + path), { recursive: true });
    await writeFile(root + path, text);
  }
  expect(await containerMemory(root)).toBe(bytes);
});
