/** Files as people and programs write them, and as they should not: each comes to a value or to where it is wrong. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readFleetFile, readTenants } from "./read.ts";
import { UnreadableFile } from "./reading.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Problems as lines, `3:5 ...`. */
function problems(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof UnreadableFile)
      return error.problems.map(({ line, column, says }) => `${line}:${column ?? "-"} ${says}`);
    throw error;
  }
  return [];
}

const yaml = (text: string) => () => readFleetFile(bytes(text), "fleet.yaml");
const json = (text: string) => () => readFleetFile(bytes(text), "fleet.json");
const list = (text: string | Uint8Array, name = "tenants.txt") =>
  readTenants(typeof text === "string" ? bytes(text) : text, name, {
    inboxes: [{ role: "support", address: "support-{tenant}@yourapp.example" }],
    metadata: { plan: "free" },
  });
const slugs = (text: string | Uint8Array): string[] => list(text).value.map(({ slug }) => slug);

const whole = `
version: 1
policies:
  standard: {limits: {limit_count_daily_email_sent: 500}}
defaults:
  policy: standard
  inboxes:
    - role: support
      address: support-{tenant}@yourapp.example
      keys: [{name: agent}]
tenants:
  - acme
  - slug: globex
    display_name: Globex
`;

describe("a fleet file", () => {
  test("in YAML and in JSON comes to the same, and its parts are found in both", () => {
    const { value, placeOf } = yaml(whole)();
    expect(value.tenants).toEqual(["acme", { slug: "globex", display_name: "Globex" }]);
    expect(placeOf(["tenants", 1, "display_name"])).toEqual({ line: 14, column: 5 });
    expect(placeOf(["defaults", "inboxes", 0, "keys", 0, "name"]).line).toBe(10);
    // What is not there is in what is around it.
    expect(placeOf(["tenants", 1, "webhooks", 0]).line).toBe(13);
    const other = json(JSON.stringify(value, null, 2))();
    expect(other.value).toEqual(value);
    expect(other.placeOf(["tenants", 0])).toEqual({ line: 25, column: 5 });
  });

  test("says of an unknown key where it is and which was meant", () => {
    expect(problems(yaml(whole.replace("policy: standard", "polcy: standard")))).toEqual([
      "6:3 defaults.polcy is unknown: did you mean policy?",
    ]);
    expect(problems(yaml(whole.replace("display_name", "DisplayName")))).toEqual([
      "14:5 tenants[1].DisplayName is unknown: did you mean display_name?",
    ]);
    expect(
      problems(yaml(whole.replace("limit_count_daily_email_sent", "limit_count_daily_email_send"))),
    ).toEqual([
      "4:23 policies.standard.limits.limit_count_daily_email_send is unknown: did you mean limit_count_daily_email_sent?",
    ]);
    expect(problems(yaml(whole.replace("role:", "colour:")))).toEqual([
      "8:7 defaults.inboxes[0].role is missing",
      "8:7 defaults.inboxes[0].colour is unknown: there are role, address, display_name, metadata, keys",
    ]);
  });

  test("says of a value of another kind what it must be", () => {
    expect(
      problems(yaml("version: 2\ntenants: [42, null, {slug: 7}]\nsecrets: here\nremoval: {grace_days: -1}")),
    ).toEqual([
      "1:1 version must be 1",
      "4:11 removal.grace_days must be 0 at least",
      "3:1 secrets must be a map",
      "2:11 tenants[0] must be a text or a map: put it in quotes",
      "2:15 tenants[1] must be a text or a map",
      "2:22 tenants[2].slug must be a text: put it in quotes",
    ]);
    expect(problems(yaml("version: 1\ntenants: {fiel: x}"))).toEqual([
      "2:1 tenants.file is missing",
      "2:11 tenants.fiel is unknown: did you mean file?",
    ]);
    expect(problems(yaml("version: 1\ntenants: []\nsecrets: {comand: [x]}"))).toEqual([
      "3:11 secrets.comand is unknown: did you mean command?",
    ]);
    expect(problems(yaml("version: 1\ntenants: []\nsecrets: {file: ''}"))).toEqual([
      "3:11 secrets.file must have 1 character at least",
    ]);
    expect(problems(yaml("version: 1\ndefaults:\ntenants: [a]"))).toEqual([
      "2:1 defaults must be a map, and is empty",
    ]);
    expect(problems(yaml("- a"))).toEqual(["1:1 the file must be a map"]);
  });

  test("that is no YAML, or names a key twice, is refused with the place", () => {
    expect(problems(yaml("version: 1\nversion: 1\n"))).toEqual(["2:1 map keys must be unique"]);
    expect(problems(yaml("a: [1\nb: 2"))[0]).toMatch(/^2:/);
    expect(problems(yaml("version: 1\n---\nversion: 1"))[0]).toMatch(/^2:1 a second document begins here/);
    expect(problems(yaml("version: 1\ntenants:\n  - &a { slug: a }\n  - { <<: *a, slug: b }"))).toEqual([
      expect.stringMatching(/^4:7 tenants\[1\]\.<< is no part of YAML 1\.2: .* into defaults$/),
    ]);
    expect(problems(yaml("version: !!js/function x"))[0]).toMatch(/^1:10 .*tag/);
    expect(problems(yaml("version: *none"))[0]).toMatch(/^1:10 unresolved alias/);
    expect(problems(yaml(""))[0]).toMatch(/empty/);
    expect(problems(json('{"version": 1,\n "version": 1}'))).toEqual([
      '2:2 "version" is there twice in one map',
    ]);
    expect(problems(json('{"version": 1,}'))).not.toEqual([]);
    expect(problems(json("// no\n{}"))).not.toEqual([]);
    expect(problems(json("{"))).not.toEqual([]);
  });

  test("that is small and becomes large, or has no end, is refused", () => {
    const levels = Array.from({ length: 9 }, (_, level) =>
      level === 0
        ? "l0: &l0 [x, x, x, x, x, x, x, x, x]"
        : `l${level}: &l${level} [${Array(9)
            .fill(`*l${level - 1}`)
            .join(", ")}]`,
    );
    expect(problems(yaml(levels.join("\n")))[0]).toMatch(/more than 2000000 values/);
    expect(problems(yaml("a: &a [*a]"))[0]).toMatch(/100 deep|alias/i);
    expect(problems(yaml("[".repeat(100_000)))[0]).toMatch(/deep/);
    expect(problems(json("[".repeat(1_000_000)))[0]).toMatch(/deep/);
    expect(problems(json(`[${"0,".repeat(2_000_000)}0]`))[0]).toMatch(/values/);
    expect(problems(yaml(`a: ${"x".repeat(8_000_001)}`))[0]).toMatch(/tenants: \{file/);
    expect(problems(yaml("version: 1\ntenants: []\npolicies: {__proto__: {limits: {}}}"))).toEqual([
      "3:12 __proto__ is no name",
    ]);
  });

  test("may name a part by alias, many times", () => {
    const many = Array.from({ length: 1000 }, (_, index) => `  - {slug: t${index}, keys: *keys}`);
    const { value } = yaml(
      `version: 1\ndefaults: {inboxes: [], keys: &keys [{name: a}]}\ntenants:\n${many.join("\n")}`,
    )();
    expect(value.tenants).toHaveLength(1000);
  });

  test("reports fifty problems, and counts the others", () => {
    try {
      yaml(`version: 1\ntenants: [${Array(80).fill("'ä'").join(", ")}]`)();
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ count: 80, problems: { length: 50 } });
    }
  });
});

describe("a list of tenants", () => {
  test("has a slug a line, whatever ends the lines, and comments", () => {
    const text = "\ufeff# ours\r\nacme\r\n\r\n  globex  # new\r\n\tinitech\rhooli\r\n\r\nlast";
    expect(slugs(text)).toEqual(["acme", "globex", "initech", "hooli", "last"]);
    expect(list(text).placeOf([1, "slug"])).toEqual({ line: 4, column: null });
  });

  test("without tenants is refused", () => {
    for (const text of ["", "\n\n", "# acme\n"])
      expect(problems(() => slugs(text))[0]).toMatch(/there are no tenants in it/);
  });

  test("that is no text is refused", () => {
    expect(problems(() => slugs(Uint8Array.from([0x61, 0x0a, 0x7f, 0, 0x45])))).toEqual([
      "2:- this is no text: it has a NUL byte",
    ]);
    expect(problems(() => slugs(Uint8Array.from([0x61, 0x0a, 0x62, 0xe4, 0x0a])))).toEqual([
      "2:- this is no UTF-8",
    ]);
    expect(problems(() => slugs(Uint8Array.from([0xff, 0xfe, 0x61, 0]))).join()).toMatch(/UTF-16/);
  });

  test("says of each line that is no slug which it is", () => {
    expect(problems(() => slugs("acme\nmünchen\na b\na+b\n"))).toEqual(
      ["münchen", "a b", "a+b"].map(
        (slug, index) => `${index + 2}:- "${slug}" may hold A-Z a-z 0-9 - . _ ~ alone`,
      ),
    );
    expect(problems(() => slugs("x".repeat(257)))[0]).toMatch(/^1:- "x+…? may have 256 characters at most/);
  });

  test("gives back the slugs that were written, however they are spaced and commented", () => {
    const slug = fc.stringMatching(/^[A-Za-z0-9\-._~]{1,20}$/);
    const noise = fc.constantFrom("", "  ", "# x", "\t# ä");
    const line = fc.tuple(slug, fc.constantFrom("", " ", "\t"), fc.constantFrom("", " # c")).map((parts) => ({
      slug: parts[0],
      text: parts[1] + parts[0] + parts[1] + parts[2],
    }));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(noise, line), { minLength: 1, maxLength: 30 }),
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.boolean(),
        (entries, end, isEnded) => {
          const text =
            entries.flatMap(([above, { text: own }]) => [above, own]).join(end) + (isEnded ? end : "");
          const read = list(text);
          expect(read.value.map((tenant) => tenant.slug)).toEqual(entries.map(([, own]) => own.slug));
          for (const index of entries.keys()) expect(read.placeOf([index]).line).toBe(2 * index + 2);
        },
      ),
    );
  });
});

describe("a table of tenants", () => {
  const csv = (text: string) => list(text, "tenants.csv");

  test("has fields in its columns, and an empty cell leaves the default", () => {
    const text =
      'slug,name,policy,rules,metadata.plan,address\nacme,"Acme, Inc.",pro,a | b,gold,\n# c\n\nglobex,,,,,help@globex.example\n';
    const { value, placeOf } = csv(text);
    expect(value).toEqual([
      { slug: "acme", name: "Acme, Inc.", policy: "pro", rules: ["a", "b"], metadata: { plan: "gold" } },
      { slug: "globex", inboxes: [{ role: "support", address: "help@globex.example" }] },
    ]);
    expect(placeOf([1, "name"]).line).toBe(5);
  });

  test("is separated by what its first line is, semicolons and tabs as well", () => {
    expect(csv("slug;name\r\na;A, B\r\n").value).toEqual([{ slug: "a", name: "A, B" }]);
    expect(list("slug\tname\na\tA", "t.tsv").value).toEqual([{ slug: "a", name: "A" }]);
  });

  test("says which column or line is wrong", () => {
    expect(problems(() => csv("slug,nmae,name,name,address.sales\n"))).toEqual([
      '1:- the column "nmae" is unknown: did you mean name?',
      "1:- the column name is there twice",
      "1:- the column address.sales is of no inbox: defaults.inboxes has support",
    ]);
    expect(problems(() => csv("tenant\nacme"))[0]).toMatch(/"tenant" is unknown/);
    expect(problems(() => csv("slug,name\na,b\nc\n"))).toEqual([
      "3:- this line has 1 cells, and the first has 2 columns",
    ]);
    expect(problems(() => csv('slug,name\na,"b'))).toEqual([expect.stringMatching(/^2:- no CSV: /)]);
    expect(problems(() => csv("slug,name\n,b"))).toEqual(["2:- [0].slug must have 1 character at least"]);
    expect(problems(() => csv(""))[0]).toMatch(/empty/);
    expect(problems(() => csv("slug\n"))[0]).toMatch(/no tenants/);
  });

  test("gives back the cells that were written, whatever they hold", () => {
    const cell = fc
      .string({ minLength: 1, maxLength: 20 })
      .filter((text) => text.trim() === text && !/[\r\0]/.test(text) && text.isWellFormed());
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 20 }), (names) => {
        const lines = names.map((name, index) => `t${index},"${name.replaceAll('"', '""')}"`);
        expect(csv(`slug,name\n${lines.join("\n")}`).value.map(({ name }) => name)).toEqual(names);
      }),
    );
  });
});

test("tenants in JSON are slugs or maps, as in the fleet file", () => {
  const text = '["acme",\n {"slug": "globex", "policy": null}]';
  const { value, placeOf } = list(text, "tenants.json");
  expect(value).toEqual([{ slug: "acme" }, { slug: "globex", policy: null }]);
  expect(placeOf([1, "policy"])).toEqual({ line: 2, column: 21 });
  expect(problems(() => list('["acme",\n {"slug": "globex", "polcy": "x"}]', "t.json"))).toEqual([
    "2:21 [1].polcy is unknown: did you mean policy?",
  ]);
});

test("no bytes end the reading with another error than one of the file", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.string({ unit: "grapheme", maxLength: 200 }).map(bytes),
        fc.json().map(bytes),
      ),
      fc.constantFrom("t.txt", "t.csv", "t.json", "t.tsv"),
      (content, name) => {
        problems(() => readFleetFile(content, name.replace("txt", "yaml")));
        problems(() => list(content, name));
      },
    ),
  );
});
