/** A document as the domain reads it, some tenants at a time: of a hundred thousand it takes a second, and others wait for the event loop. */
import type { FleetDefaults, FleetDocument, FleetTenant } from "../../../protocols/fleet-file/index.ts";
import { graceDaysOf, ProblemSearch, suggestion } from "../../../protocols/fleet-file/index.ts";
import { olderNames, permissions } from "../../door/access/index.ts";
import { eventTypes, isEventType } from "../../door/events.ts";
import { type InputProblem, refuseInvalid } from "../../door/failures.ts";
import type { Path } from "../../door/text.ts";
import { type DeclaredShared, type DesiredFleet, NameSearch } from "../differences/index.ts";
import { MAX_FLEET_PROBLEMS } from "../limits.ts";

/** @param document all of it but the tenants, which are given to `add`, in their order @param shared what it declares */
export class DocumentReading {
  readonly #document: Omit<FleetDocument, "tenants">;
  readonly #shared: DeclaredShared;
  readonly #defaults: FleetDefaults;
  readonly #tenants: FleetTenant[] = [];
  readonly #problems: ProblemSearch;
  readonly #wrongWords: InputProblem[] = [];
  readonly #names = new NameSearch();
  readonly #uses = { keys: false, webhooks: false };

  constructor(document: Omit<FleetDocument, "tenants">, shared: DeclaredShared) {
    this.#document = document;
    this.#shared = shared;
    this.#defaults = document.defaults ?? {};
    this.#problems = new ProblemSearch(this.#defaults);
    this.#look(this.#defaults, ["document", "defaults"]);
  }

  add(tenants: readonly FleetTenant[]): void {
    this.#problems.look(tenants, this.#tenants.length);
    for (const tenant of tenants) {
      this.#look(tenant, ["document", "tenants", this.#tenants.length]);
      this.#tenants.push(tenant);
    }
  }

  /** @throws Failure input.invalid naming what is wrong with it */
  end(): DesiredFleet {
    refuseInvalid(
      this.#problems.end().shown.map(({ path, says }) => ({ path: ["document", ...path], message: says })),
    );
    // A key or webhook would lack what was meant, and nobody would be told.
    refuseInvalid(this.#wrongWords);
    return {
      settings: {
        defaults: this.#defaults,
        graceDays: graceDaysOf(this.#document),
        named: this.#names.found(),
        declared: { policies: Object.keys(this.#shared.policies), rules: Object.keys(this.#shared.rules) },
      },
      shared: this.#shared,
      tenants: this.#tenants,
      uses: this.#uses,
    };
  }

  #look(fields: FleetDefaults, path: Path): void {
    this.#names.look(fields);
    const { keys = [], inboxes = [], webhooks = [] } = fields;
    this.#uses.keys ||= keys.length > 0 || inboxes.some((inbox) => (inbox.keys ?? []).length > 0);
    this.#uses.webhooks ||= webhooks.length > 0;
    if (this.#wrongWords.length < MAX_FLEET_PROBLEMS)
      this.#wrongWords.push(
        ...wrongWords(fields, path).slice(0, MAX_FLEET_PROBLEMS - this.#wrongWords.length),
      );
  }
}

/** Permissions and event types that there are not. */
const wrongWords = ({ keys, inboxes = [], webhooks = [] }: FleetDefaults, path: Path): InputProblem[] => [
  ...wrongPermissions(keys, path),
  ...inboxes.flatMap((inbox, index) => wrongPermissions(inbox.keys, [...path, "inboxes", index])),
  ...webhooks.flatMap(({ event_types: types }, index) =>
    types.flatMap((type, at) =>
      isEventType(type)
        ? []
        : {
            path: [...path, "webhooks", index, "eventTypes", at],
            message: `There are no events of the type ${type}${suggestion(type, eventTypes)}`,
          },
    ),
  ),
];

const knownPermissions = [...new Set<string>([...permissions, ...Object.values(olderNames)])];

const wrongPermissions = (keys: FleetDefaults["keys"] = [], path: Path): InputProblem[] =>
  keys.flatMap(({ permissions: flags = {} }, index) =>
    Object.keys(flags).flatMap((name) =>
      knownPermissions.includes(name)
        ? []
        : {
            path: [...path, "keys", index, "permissions", { key: name }],
            message: `There is no permission ${name}${suggestion(name, knownPermissions)}`,
          },
    ),
  );
