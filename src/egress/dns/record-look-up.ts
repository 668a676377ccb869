/** Records that a domain needs, looked up as they are published now: what door/outside.ts asks for. */
import type { Outside, RecordQuestion, RecordsAnswer } from "../../domain/door/outside.ts";
import type { Answer, LookUp } from "../../protocols/dns/look-up.ts";
import { recordKey } from "../../protocols/dns/record-key.ts";

/** Answers that are older are asked for anew: who has just published a record wants it to be seen. */
const MAX_AGE_MS = 0;

/** @returns answers by `recordKey` */
export const createRecordLookUp =
  (lookUp: LookUp): Outside["records"] =>
  async ({ tenant, questions }) => {
    const answers = await Promise.all(
      questions.map(async (question) => [recordKey(question), await ask(lookUp, tenant, question)] as const),
    );
    return new Map(answers);
  };

async function ask(lookUp: LookUp, tenant: string, { type, name }: RecordQuestion): Promise<RecordsAnswer> {
  const asked = { name, tenant, maxAgeMs: MAX_AGE_MS };
  switch (type) {
    case "TXT":
      return answerOf(await lookUp({ ...asked, type }), (strings) => strings.join(""));
    case "MX":
      return answerOf(
        await lookUp({ ...asked, type }),
        ({ priority, exchange }) => `${priority} ${hostOf(exchange)}`,
      );
    case "CNAME":
      return answerOf(await lookUp({ ...asked, type }), hostOf);
  }
}

const hostOf = (name: string): string => name.toLowerCase().replace(/\.$/, "");

function answerOf<Type extends RecordQuestion["type"]>(
  answer: Answer<Type>,
  textOf: (record: RecordOf<Type>) => string,
): RecordsAnswer {
  switch (answer.kind) {
    case "absent":
      return { kind: "absent" };
    case "failed":
      return answer;
    case "found":
      // Cast: an element of what is found of this type.
      return { kind: "found", values: (answer.records as readonly RecordOf<Type>[]).map(textOf) };
  }
}

type RecordOf<Type extends RecordQuestion["type"]> = Extract<
  Answer<Type>,
  { readonly kind: "found" }
>["records"][number];
