import { type Command, InvalidArgumentError } from "commander";
import { withOutput } from "../output.ts";
import type { CommandParts } from "../parts.ts";

const actions = (): Promise<typeof import("../domains/actions.ts")> => import("../domains/actions.ts");

/** Where other servers bring mail (RFC 5321 section 4.5.4.2). */
const SMTP_PORT = 25;

/** `rookery domains`: domains, their records and keys, on a server that runs. */
export function addDomains(program: Command, parts: CommandParts): void {
  const domains = program
    .command("domains")
    .alias("domain")
    .helpCommand(false)
    .description(
      "Domains on a server that runs: their DNS records, their DKIM keys, and what is wrong with them.",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  rookery domains list\n  rookery domains doctor example.com\n  rookery domains verify example.com",
    );
  withOutput(domains.command("list").alias("ls"))
    .description("List domains, with what was found of their records.")
    .addHelpText("after", "\nExamples:\n  rookery domains list\n  rookery domains list --json")
    .action(async (options) => (await actions()).listDomains(parts, options));
  withOutput(domains.command("show").argument("<domain>", "its name"))
    .description("Show a domain with the records to publish, and the state of each.")
    .addHelpText("after", "\nExamples:\n  rookery domains show example.com")
    .action(async (domain, options) => (await actions()).showDomain(parts, domain, options));
  withOutput(domains.command("verify").argument("<domain>", "its name"))
    .description("Look the records of a domain up now. Ends with 1 while it is not verified.")
    .addHelpText("after", "\nExamples:\n  rookery domains verify example.com")
    .action(async (domain, options) => (await actions()).verifyDomain(parts, domain, options));
  addDoctor(domains, parts);
  addOperators(domains, parts);
}

function addDoctor(domains: Command, parts: CommandParts): void {
  withOutput(domains.command("doctor").argument("<domain>", "its name"))
    .description(
      "Explain each record: what is expected, what was found, what to paste; and look at the mail host: port 25, TLS, reverse DNS. Ends with 1 when anything is wrong.",
    )
    .option("--port <port>", "where the mail host takes mail from other servers", portOf, SMTP_PORT)
    .addHelpText("after", "\nExamples:\n  rookery domains doctor example.com")
    .action(async (domain, options) =>
      (await import("../domains/doctor.ts")).examineDomain(parts, domain, options),
    );
}

/** What is the operator's to do. */
function addOperators(domains: Command, parts: CommandParts): void {
  withOutput(domains.command("own"))
    .description(
      "Register the server's own domain (ROOKERY_DOMAIN), so that its mail is signed and may leave.",
    )
    .addHelpText("after", "\nExamples:\n  rookery domains own")
    .action(async (options) => (await actions()).registerOwn(parts, options));
  withOutput(domains.command("trust").argument("<domain>", "its name"))
    .description(
      "Take a domain as verified whatever its records say, for closed networks and development. With the root key, or another unrestricted key of the operator's organization.",
    )
    .option("--undo", "take it back: the domain is what its records say")
    .addHelpText(
      "after",
      "\nExamples:\n  rookery domains trust example.com\n  rookery domains trust example.com --undo",
    )
    .action(async (domain, options) => (await actions()).trustDomain(parts, domain, options));
  withOutput(domains.command("rotate-dkim").argument("<domain>", "its name"))
    .description("Make new DKIM keys, whose records are to be published beside those of the present ones.")
    .addHelpText("after", "\nExamples:\n  rookery domains rotate-dkim example.com")
    .action(async (domain, options) => (await actions()).rotateDkim(parts, domain, options));
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError("it takes a port, 1 to 65535");
}
