/** Reading what a model answered: JSON with the usual small faults, checked against what was asked. */
import { jsonrepair } from "jsonrepair";
import { z } from "zod";
import type { RawAnswer } from "../adapters/contract.ts";
import type { Json } from "../schema/json.ts";
import type { OutputType } from "../schema/request.ts";

/** An answer that can be used, or what is wrong with it in one sentence for the model and for people. */
export type ParsedAnswer = { ok: true; answer: RawAnswer } | { ok: false; problem: string };

/** Longer quotes and reasons are cut: they are shown to people. */
const TEXT_LIMIT = 4000;

/** A model's JSON above this length is refused before it is parsed. */
const ANSWER_LIMIT = 4_000_000;

/** The JSON value in a model's text, without what it thought aloud, with small faults mended; undefined when there is none. Never throws. */
export function parseModelJson(text: string): unknown {
  return parseJson(withoutThoughts(text));
}

const shape = z.object({ found: z.boolean(), value: z.json().optional(), quote: z.string().nullish(), reasoning: z.string().nullish() });

/** JSON from a model: as it stands, else with small faults mended (fences, quotes, commas); undefined when it is neither. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    try {
      return JSON.parse(jsonrepair(text));
    } catch {
      return undefined;
    }
  }
}

/** Without what some models think aloud before their answer. */
function withoutThoughts(text: string): string {
  const open = text.trimStart();
  if (!open.startsWith("<think>")) return open;
  const end = open.indexOf("</think>");
  return end < 0 ? open : open.slice(end + "</think>".length);
}

function isEmpty(value: Json): boolean {
  return value === null || (typeof value === "string" && value.trim() === "") || (Array.isArray(value) && value.length === 0);
}

function isRowArray(value: unknown): boolean {
  return Array.isArray(value) && value.every((row) => typeof row === "object" && row !== null && !Array.isArray(row));
}

/** The value in the form that its type has: rows and JSON may come inside a text. Undefined when it has not. */
function shapedValue(value: Json, type: OutputType): Json | undefined {
  if (type === "text" || type === "number" || type === "email" || type === "date") {
    if (Array.isArray(value)) return value.every((entry) => typeof entry !== "object") ? value : undefined;
    return typeof value === "object" ? undefined : value;
  }
  if (type === "boolean") return typeof value === "boolean" || typeof value === "string" ? value : undefined;
  const inner = z.json().safeParse(typeof value === "string" ? parseJson(value) : value);
  if (!inner.success || typeof inner.data !== "object") return undefined;
  return type === "json" || isRowArray(inner.data) ? inner.data : undefined;
}

const WANTED: Record<OutputType, string> = {
  text: "a text",
  number: "a text with a number",
  email: "a text with an address",
  date: "a text with a date",
  boolean: "true or false",
  json: "a text with a JSON object or array",
  table: "a text with a JSON array of row objects",
  "line-item": "a text with a JSON array of row objects",
};

/** Reads the text of a model's answer to a question of this type. Never throws; everything in the answer stays untrusted text. */
export function parseAnswer(text: string, type: OutputType): ParsedAnswer {
  if (text.length > ANSWER_LIMIT) return { ok: false, problem: `it was longer than ${ANSWER_LIMIT} characters.` };
  const parsed = parseModelJson(text);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return { ok: false, problem: "it was not a JSON object." };
  const checked = shape.safeParse(parsed);
  if (!checked.success) {
    const where = checked.error.issues[0]?.path.join(".") || "the answer";
    return { ok: false, problem: `${where.slice(0, 100)} was missing or not of the asked kind.` };
  }
  const { found, quote, reasoning } = checked.data;
  const words = { quote: (quote ?? "").slice(0, TEXT_LIMIT), reasoning: (reasoning ?? "").slice(0, TEXT_LIMIT) };
  if (!found) return { ok: true, answer: { found: false, value: null, ...words } };
  const given = checked.data.value ?? null;
  if (isEmpty(given)) return { ok: false, problem: "found was true but value was empty." };
  const value = shapedValue(given, type);
  if (value === undefined) return { ok: false, problem: `value was not ${WANTED[type]}.` };
  return { ok: true, answer: { found: true, value, ...words } };
}
