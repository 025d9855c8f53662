import { PermanentError } from "../../lib/schema/errors.ts";

/** The PermanentError that an action throws; anything else, or nothing, fails the test. */
export function refusal(action: () => unknown): PermanentError {
  try {
    action();
  } catch (error) {
    if (error instanceof PermanentError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
