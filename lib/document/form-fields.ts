/** What is filled into a PDF's form, as text items: it belongs to the page as a reader sees it, but not to the page's own text. */
import type { FormField } from "@llamaindex/liteparse-wasm";
import { overlaps, type ParsedItem, type Rectangle } from "./parsed.ts";

const PASSWORD_FLAG = 1 << 13;
const LINE_POINTS = 12;
const LINES_MAXIMUM = 200;

/** The items of filled fields that `items` don't hold already: one for each line of a value, and a ballot box for each check box and radio button. */
export function formItems(fields: readonly FormField[], items: readonly ParsedItem[]): ParsedItem[] {
  return fields.flatMap((field) => {
    if (!field.rect) return [];
    const box: Rectangle = { left: field.rect.x, top: field.rect.y, width: field.rect.width, height: field.rect.height };
    if (field.type === "checkbox" || field.type === "radio") return [item(field.checked ? "☒" : "☐", box)];
    if (!["text", "combobox", "listbox"].includes(field.type) || (field.fieldFlags & PASSWORD_FLAG) !== 0) return [];
    const value = field.type === "text" ? field.value : field.selectedOptions.join(" ") || field.value;
    return value === undefined || value.trim() === "" || isDrawn(value, box, items) ? [] : linesInBox(value, box);
  });
}

/** A text as items, a line each, from the top of a box or, where it is one line, in its middle. */
export function linesInBox(value: string, box: Rectangle): ParsedItem[] {
  const lines = value.split(/\r\n?|\n/).slice(0, LINES_MAXIMUM);
  const height = lines.length === 1 ? Math.min(box.height, LINE_POINTS) : Math.min(LINE_POINTS, box.height / lines.length);
  const top = lines.length === 1 ? box.top + (box.height - height) / 2 : box.top;
  return lines.map((line, index) =>
    item(line, { left: box.left, top: top + index * height, width: Math.min(box.width, Math.max(1, line.length * height * 0.5)), height }),
  );
}

/** Whether the page prints a text inside of a box already: what fills it is often drawn too. */
export function isDrawn(value: string, box: Rectangle, items: readonly ParsedItem[]): boolean {
  const word = /\S+/.exec(value)?.[0] ?? "";
  return items.some((other) => overlaps(other, box) && other.text.includes(word));
}

function item(text: string, box: Rectangle): ParsedItem {
  return { text, ...box, rotation: 0, pieces: [] };
}
