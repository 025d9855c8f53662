/** Text as printed. */
import type { Json } from "../schema/json.ts";
import { collapse } from "./fold.ts";
import { readable, type TypedValue, unreadable } from "./types.ts";

function scalarText(value: Json): string | undefined {
  if (typeof value === "string") return collapse(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** Text trimmed, with every run of white space one blank. A list of texts stays a list; an object becomes its JSON text. */
export function readText(raw: Json): TypedValue {
  const text = scalarText(raw);
  if (text !== undefined) return text === "" ? unreadable("empty") : readable(text, "text as printed");
  if (Array.isArray(raw)) {
    const texts = raw.map(scalarText).filter((entry) => entry !== undefined && entry !== "");
    if (texts.length === 1) return readable(texts[0] ?? null, "text as printed");
    if (texts.length === raw.length) return readable(texts as Json, "a list of texts as printed");
  }
  return readable(JSON.stringify(raw), "structured data as its JSON text");
}
