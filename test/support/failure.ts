import { AgentMailError } from "agentmail";

/** What a call of the official client failed with; throws when it was let through. */
export async function failure(
  act: Promise<unknown>,
): Promise<{ status: number | undefined; body: Record<string, unknown> }> {
  try {
    await act;
  } catch (error) {
    if (error instanceof AgentMailError)
      return { status: error.statusCode, body: (error.body ?? {}) as Record<string, unknown> };
    throw error;
  }
  throw new Error("was let through");
}
