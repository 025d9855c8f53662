/** HTML by template: whatever is put in is escaped, unless it was made here. Nothing from a document or a model can become markup. */

const MARKUP: unique symbol = Symbol("markup");

/** Finished markup. Only this module makes it, so data can't pass for it. */
export interface Html {
  readonly [MARKUP]: string;
}

/** What a template takes: markup as it stands, text and numbers escaped, lists one after the other, undefined as nothing. */
export type Part = Html | string | number | undefined | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "`": "&#96;" };

/** Text as it is shown: characters that would reorder or hide it become visible, other control characters and halves of a character become U+FFFD. Line breaks and tabs stay. */
function visibleText(text: string): string {
  return text
    .replace(/[\u200e\u200f\u061c]/g, "")
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, (character) => `[U+${character.charCodeAt(0).toString(16).toUpperCase()}]`)
    .replace(/\r\n?/g, "\n")
    .replace(/(?![\n\t])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu, "\ufffd");
}

/** Text for an element or a quoted attribute. */
export function escapeText(text: string): string {
  return visibleText(text).replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? "");
}

function render(part: Part): string {
  if (part === undefined) return "";
  if (typeof part === "string") return escapeText(part);
  if (typeof part === "number") return String(part);
  if (MARKUP in part) return part[MARKUP];
  return part.map(render).join("");
}

/** A template's markup; every attribute with a value in it must stand in double quotes. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return { [MARKUP]: strings.reduce((text, literal, index) => text + render(parts[index - 1]) + literal) };
}

/** Our own style or script, put in as it is: an element of this kind knows no escapes. Throws when the text could end the element. */
export function ownCode(text: string): Html {
  if (/<[/!]/.test(text)) throw new Error("own code must not contain </ or <!");
  return { [MARKUP]: text };
}

/** The text of finished markup. */
export function toText(markup: Html): string {
  return markup[MARKUP];
}
