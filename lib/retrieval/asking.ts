/** What strategies ask a model, and how little of its answer is believed: anything odd counts as no answer. */
import type { AskModel } from "./strategy.ts";

/** A longer text is no question. */
const LONGEST_TEXT = 400;
const WORD = /[\p{L}\p{N}]/u;

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name) ? (value as { readonly [key: string]: unknown })[name] : undefined;
}

/** Texts from a model: at most `most`, each with words, none twice. None without a model, or where its answer isn't a list of short texts. */
export async function askForTexts(ask: AskModel | undefined, purpose: string, most: number, instruction: string): Promise<string[]> {
  if (ask === undefined) return [];
  const schema = {
    type: "object",
    properties: { texts: { type: "array", items: { type: "string" }, description: `At most ${most} texts.` } },
    required: ["texts"],
    additionalProperties: false,
  };
  const texts = property(await ask(purpose, { instruction, schema }), "texts");
  if (!Array.isArray(texts)) return [];
  const usable = texts.flatMap((text: unknown) => (typeof text === "string" ? [text.replace(/\s+/g, " ").trim()] : []));
  return [...new Set(usable)].filter((text) => text.length <= LONGEST_TEXT && WORD.test(text) && !text.startsWith("<")).slice(0, most);
}

/** One of some names from a model, with its reason (at most 400 characters). Undefined without a model, or where it names none of them. */
export async function askForChoice<Name extends string>(
  ask: AskModel | undefined,
  purpose: string,
  names: readonly Name[],
  instruction: string,
): Promise<{ name: Name; reason: string } | undefined> {
  if (ask === undefined) return undefined;
  const schema = {
    type: "object",
    properties: { reason: { type: "string", description: "One short sentence." }, choice: { type: "string", enum: [...names] } },
    required: ["reason", "choice"],
    additionalProperties: false,
  };
  const answer = await ask(purpose, { instruction, schema });
  const choice = property(answer, "choice");
  const reason = property(answer, "reason");
  const name = names.find((candidate) => candidate === choice);
  return name === undefined ? undefined : { name, reason: typeof reason === "string" ? reason.replace(/\s+/g, " ").trim().slice(0, LONGEST_TEXT) : "" };
}
