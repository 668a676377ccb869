/** A signal to any process from npm to the server stops server and PostgreSQL in order. On real processes. */
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, type TestContext, test } from "vitest";
import { type Command, type Settings, startProgram } from "../support/command.ts";
import { eventually } from "../support/eventually.ts";
import { prepareCluster } from "../support/prepared-cluster.ts";
import { packageFolder, program } from "../support/program.ts";
import { hasTerminal } from "../support/terminal.ts";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const entry = program();
const node = process.execPath;

interface Place {
  readonly folder: string;
  /** Another project that has Rookery installed. */
  readonly project: string;
  readonly dataDir: string;
  readonly settings: Readonly<Record<string, string>>;
  /** The process that holds the data directory: the server itself, not its launcher. */
  serverPid(): Promise<number | null>;
  /** Waits for the ready line. @returns the server's process */
  pidOf(command: Command): Promise<number>;
  /** A server that was killed leaves its lock, and a PostgreSQL that was left running its pid file. */
  endedInOrder(): Promise<true>;
}

/** For one test: what most start and end takes a while, and several do it at the same time. */
async function placeFor({ onTestFinished }: TestContext): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "rookery-ending-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const project = await makeProject(folder);
  const dataDir = join(folder, "data");
  // PostgreSQL runs as another account when the tests run as root, and passes through.
  await chmod(folder, 0o711);
  await prepareCluster(dataDir);
  const serverPid = async (): Promise<number | null> => {
    const lock = await readFile(join(dataDir, "rookery.lock"), "utf8").catch(() => "");
    return lock === "" ? null : Number(lock.split(" ")[0]);
  };
  const endedInOrder = (): Promise<true> =>
    eventually("an end in order", async () =>
      ["rookery.lock", "postgres/postmaster.pid"].every((name) => !existsSync(join(dataDir, name))),
    );
  onTestFinished(async () => {
    const pid = await serverPid();
    if (pid !== null) process.kill(pid, "SIGTERM");
    await endedInOrder();
  });
  return {
    ...{ folder, project, dataDir, serverPid, endedInOrder },
    settings: {
      ROOKERY_DATA_DIR: dataDir,
      ROOKERY_HTTP_PORT: "0",
      ROOKERY_SERVICES: "http",
      npm_config_cache: join(folder, "npm"),
      npm_config_update_notifier: "false",
    },
    async pidOf(command) {
      await command.says(/^ready /m);
      return (await serverPid()) ?? 0;
    },
  };
}

async function makeProject(folder: string): Promise<string> {
  const project = join(folder, "project");
  await mkdir(join(project, "node_modules/.bin"), { recursive: true });
  await symlink(packageFolder(), join(project, "node_modules/rookery"));
  await symlink("../rookery/bin/rookery.js", join(project, "node_modules/.bin/rookery"));
  const scripts = { up: `setsid ${node} ${entry} serve > up.log 2>&1 &` };
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "project", scripts }));
  return project;
}

/** As an old Node would run bin/rookery.js: it claims to be one, and hands over. */
const claim =
  'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });';
const handingOver = [node, "--import", `data:text/javascript,${encodeURIComponent(claim)}`, entry, "serve"];

type Signals = readonly NodeJS.Signals[];

const starters: readonly (readonly [string, (place: Place) => Command, Signals])[] = [
  [
    "npm start",
    ({ settings }) => startProgram(["npm", "start"], packageFolder(), settings),
    ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"],
  ],
  [
    "npx rookery serve",
    ({ project, settings }) => startProgram(["npx", "rookery", "serve"], project, settings),
    // Not SIGINT: npm passes it to its shell, which waits for the server and does not pass it on. Ctrl-C reaches all of them.
    ["SIGTERM", "SIGHUP", "SIGKILL"],
  ],
  [
    "a Node that hands over",
    ({ project, settings }) => startProgram(handingOver, project, settings),
    ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"],
  ],
];

describe.each(starters)("%s", (_name, start, signals) => {
  test.concurrent.for(signals)(
    "%s to it stops the server in order, and PostgreSQL with it",
    async (signal, context) => {
      const place = await placeFor(context);
      const { pidOf, endedInOrder } = place;
      const command = start(place);
      const server = await pidOf(command);
      expect(server).not.toBe(command.child.pid);
      command.child.kill(signal);
      const { stderr } = await command.ended;
      await endedInOrder();
      expect(stderr).toContain('"msg":"stopping"');
    },
  );
});

test.concurrent("SIGTERM, SIGHUP and SIGINT to the server itself end it with 0, and npm that waits for it too", async (context) => {
  const { settings, pidOf, endedInOrder } = await placeFor(context);
  for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) {
    const command = startProgram(["npm", "start"], packageFolder(), settings);
    process.kill(await pidOf(command), signal);
    expect((await command.ended).code).toBe(0);
    await endedInOrder();
  }
});

test.concurrent("a disk without room for the log ends no server, and it stops in order", async (context) => {
  const { project, settings, pidOf, endedInOrder } = await placeFor(context);
  const command = startProgram(["bash", "-c", `exec ${node} ${entry} serve 2>/dev/full`], project, settings);
  const server = await pidOf(command);
  const [, url = ""] = await command.says(/"http":"([^"]+)"/);
  for (let turn = 0; turn < 20; turn++) expect((await fetch(`${url}/healthz`)).status).toBe(200);
  process.kill(server, "SIGTERM");
  expect((await command.ended).code).toBe(0);
  await endedInOrder();
});

// One after the other: there is a bound for the start of a PostgreSQL that is to be stopped.
test.for([
  [["migrate"], "SIGTERM"],
  [["doctor"], "SIGINT"],
  [["keys", "list"], "SIGHUP"],
  [["reset-seal-key"], "SIGTERM"],
] as const)(
  "%j that is ended by %s while its PostgreSQL starts leaves none running",
  async ([args, signal], context) => {
    const { folder, project, settings } = await placeFor(context);
    const empty = await mkdtemp(join(folder, "offline-"));
    await chmod(empty, 0o711);
    const command = startProgram([node, entry, ...args], project, { ...settings, ROOKERY_DATA_DIR: empty });
    const list = (): Promise<string[]> => readdir(empty, { recursive: true }).catch(() => []);
    await eventually("initdb", async () => (await list()).some((name) => /^postgres\.new/.test(name)));
    command.child.kill(signal);
    const { code, stderr } = await command.ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining(`Ended by ${signal} before it was done`)]);
    const left = await list();
    expect(left.filter((name) => name === "rookery.lock" || name === "postgres/postmaster.pid")).toEqual([]);
  },
);

test.concurrent("a Node that hands over ends as the other one ends", async (context) => {
  const { project } = await placeFor(context);
  const { code } = await startProgram([...handingOver, "now"], project).ended;
  expect(code).toBe(2);
});

describe.skipIf(!hasTerminal)(
  "on a terminal that is closed (skipped because `script` is not installed)",
  () => {
    /** Bash, because like other interactive shells it sets `_` to the program that it starts. */
    const onTerminal = ({ project, settings }: Place, line: string, more: Settings = {}): Command =>
      startProgram(["script", "-qec", `bash -c '${line}'`, "/dev/null"], project, { ...settings, ...more });
    /** What the terminal does: it signals the foreground process group, which the given process is of. */
    const pressCtrlC = async (pid: number): Promise<void> => {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8");
      process.kill(-Number(stat.split(") ")[1]?.split(" ")[2]), "SIGINT");
    };
    const untilReady = "until grep -q ^ready out.log 2>/dev/null; do sleep 0.02; done";

    test.concurrent("the server stops in order, though nothing can be written to the terminal any more", async (context) => {
      const place = await placeFor(context);
      const { serverPid, endedInOrder } = place;
      const command = onTerminal(place, `${node} ${entry} serve`);
      await command.says(/is ready/);
      const server = await serverPid();
      command.child.kill("SIGKILL");
      await endedInOrder();
      await eventually("the end of its process", async () => !existsSync(`/proc/${server}`));
    });

    test.concurrent.for([
      ["npm start", `cd ${checkout} && npm start`],
      ["npx", "npx rookery serve"],
    ] as const)(
      "Ctrl-C under %s, which the terminal sends to all of them and npm once more, ends it in order",
      async ([, line = ""], context) => {
        const place = await placeFor(context);
        const { serverPid, endedInOrder } = place;
        const command = onTerminal(place, line);
        await command.says(/is ready/);
        const stat = await readFile(`/proc/${await serverPid()}/stat`, "utf8");
        const group = Number(stat.split(") ")[1]?.split(" ")[2]);
        process.kill(-group, "SIGINT");
        const { stdout } = await command.ended;
        expect(stdout).toMatch(/stopping\s+because=SIGINT/);
        await endedInOrder();
      },
    );

    test("Ctrl-C while PostgreSQL's files are made leaves them whole: it ends in order too", async (context) => {
      const place = await placeFor(context);
      const empty = join(place.folder, "empty");
      const command = onTerminal(place, `${node} ${entry} serve`, { ROOKERY_DATA_DIR: empty });
      const list = (): Promise<string[]> => readdir(empty, { recursive: true }).catch(() => []);
      await eventually("initdb", async () =>
        (await list()).some((name) => /^postgres\.new.*VERSION$/.test(name)),
      );
      await pressCtrlC(Number((await readFile(join(empty, "rookery.lock"), "utf8")).split(" ")[0]));
      const { stdout } = await command.ended;
      expect(stdout).toMatch(/stopping\s+because=SIGINT/);
      expect(stdout).not.toContain("error:");
      expect(await list()).not.toContain("rookery.lock");
    });

    test.concurrent("one that was put into the background stops too", async (context) => {
      const place = await placeFor(context);
      const { project, endedInOrder } = place;
      await onTerminal(place, `${node} ${entry} serve > out.log 2>&1 & ${untilReady}`).ended;
      await endedInOrder();
      expect(await readFile(join(project, "out.log"), "utf8")).toContain('"because":"SIGHUP"');
    });

    test.concurrent.for([
      ["nohup", `nohup ${node} ${entry} serve`],
      ["nohup, by npm", "nohup npx rookery serve"],
      ["setsid", `setsid ${node} ${entry} serve`],
    ] as const)("one that was started with %s goes on", async ([, line], context) => {
      const place = await placeFor(context);
      await onTerminal(place, `${line} > out.log 2>&1 & ${untilReady}`).ended;
      await goesOn(place, "out.log");
    });
  },
);

test.concurrent("one that an npm script put into a session of its own goes on when npm ends", async (context) => {
  const place = await placeFor(context);
  const { code } = await startProgram(["npm", "run", "up"], place.project, place.settings).ended;
  expect(code).toBe(0);
  await goesOn(place, "up.log");
});

/** Its launcher has ended: it still answers after three times what it takes to notice that. */
async function goesOn({ project }: Place, log: string): Promise<void> {
  const read = (): Promise<string> => readFile(join(project, log), "utf8").catch(() => "");
  const http = await eventually("the ready line", async () => /"http":"([^"]+)"/.exec(await read())?.[1]);
  const until = performance.now() + 1500;
  while (performance.now() < until) {
    expect((await fetch(`${http}/healthz`)).status).toBe(200);
    await new Promise((wake) => setTimeout(wake, 50));
  }
  expect(await read()).not.toContain("stopping");
}
