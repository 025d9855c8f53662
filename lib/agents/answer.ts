/** Asking a chat model one question about passages of a document. */
import type { AdapterContext, ChatModel, RawAnswer } from "../adapters/contract.ts";
import { PermanentError } from "../schema/errors.ts";
import { parseAnswer } from "./answer-parse.ts";
import { type AnswerPrompt, answerRequest } from "./answer-prompt.ts";

export { ANSWER_OVERHEAD_TOKENS } from "./answer-prompt.ts";

/** How often a question is asked until its answer can be used. */
const TRIES = 2;

/** A question with everything needed to ask it. Passages must fit the model together with ANSWER_OVERHEAD_TOKENS and the prompt's own words. */
export interface AskOptions extends AnswerPrompt {
  model: ChatModel;
  context: AdapterContext;
}

/**
 * Asks the model and reads its answer: the value as printed, and the quote that should prove it. Nothing is checked against the document here.
 * An answer that can't be used is asked for once more, told what was wrong, under the ledger keys "answer/1" and "answer/2".
 * Throws PermanentError "answer_invalid" when the second can't be used either, and whatever the model throws.
 */
export async function askModel(options: AskOptions): Promise<RawAnswer> {
  let problem: string | undefined;
  for (let number = 1; number <= TRIES; number++) {
    try {
      const text = await options.model.chat(`answer/${number}`, answerRequest(options, problem), options.context);
      const parsed = parseAnswer(text, options.output.type);
      if (parsed.ok) return parsed.answer;
      problem = parsed.problem;
    } catch (error) {
      if (!(error instanceof PermanentError && error.code === "answer_invalid")) throw error;
      problem = error.message;
    }
  }
  throw new PermanentError(
    "answer_invalid",
    `The model ${JSON.stringify(options.model.model)} gave no answer that can be used, asked ${TRIES} times. The last one: ${problem}`,
  );
}
