/** Answers to questions for tables and line items: the table that fits, with columns named as asked or as printed. */

import type { Json } from "../../../schema/json.ts";
import type { Reading } from "../../contract.ts";
import type { Facts } from "./facts.ts";
import type { Column } from "./lexicon/concepts.ts";
import { FILLERS } from "./lexicon/index.ts";
import type { Wanted } from "./prompt.ts";
import { meaningsOf, type TableColumn } from "./table-headings.ts";
import { type Table, tablesOf } from "./tables.ts";
import { comparableWords, stem } from "./words.ts";

const MOST = 3;

/** Columns that make rows line items. */
const ITEM_COLUMNS: ReadonlySet<Column> = new Set<Column>(["description", "quantity", "price", "amount"]);

function wordsOf(name: string): string[] {
  return comparableWords(name.replace(/[_-]/g, " "));
}

/** As much as one word of two. */
const INITIALS_FIT = 1;

/** Whether a text is the initials of several words, as "UoM" is of "unit of measure"; short words in between may have none. */
function abbreviates(text: string, words: readonly string[]): boolean {
  const letters = text.replace(/[^\p{L}]/gu, "").toLowerCase();
  if (letters.length < 2 || letters.length > 5 || !/^[\p{L}./]+$/u.test(text.trim())) return false;
  const initials = (of: readonly string[]) => of.map((word) => word[0] ?? "").join("");
  return words.length > 1 && (letters === initials(words) || letters === initials(words.filter((word) => !FILLERS.has(word))));
}

/** How well a printed column answers to an asked name, 0 (not at all) upwards. The name's last word says most. */
function columnFit(name: string, column: TableColumn): number {
  const words = wordsOf(name);
  const own = wordsOf(column.heading);
  if (abbreviates(column.heading, words) || abbreviates(name, own)) return INITIALS_FIT;
  const printed = new Set(own.map(stem));
  let fit = 0;
  words.forEach((word, index) => {
    const weight = index === words.length - 1 ? 1 : 0.8;
    if (printed.has(stem(word))) fit += weight * 1.5;
    else {
      const meanings = meaningsOf(word);
      const at = column.meanings.findIndex((meaning) => meanings.includes(meaning));
      if (at >= 0) fit += weight * (1 - 0.1 * Math.min(at, 4));
    }
  });
  return fit / Math.sqrt(words.length || 1);
}

/** Gives each asked name the printed column that fits best, each column once. */
function assign(names: readonly string[], columns: readonly TableColumn[]): Map<string, number> {
  const pairs = names.flatMap((name) => columns.map((column, index) => ({ name, index, fit: columnFit(name, column) }))).filter((pair) => pair.fit > 0.4);
  pairs.sort((left, right) => right.fit - left.fit || left.index - right.index);
  const result = new Map<string, number>();
  const taken = new Set<number>();
  for (const pair of pairs) {
    if (result.has(pair.name) || taken.has(pair.index)) continue;
    result.set(pair.name, pair.index);
    taken.add(pair.index);
  }
  return result;
}

function uniqueHeadings(columns: readonly TableColumn[]): string[] {
  const seen = new Map<string, number>();
  return columns.map((column) => {
    const count = (seen.get(column.heading) ?? 0) + 1;
    seen.set(column.heading, count);
    return count === 1 ? column.heading : `${column.heading} ${count}`;
  });
}

function rowsOf(table: Table, wanted: Wanted, places: ReadonlyMap<string, number>): Json[] {
  const names = wanted.columns.length > 0 ? wanted.columns : uniqueHeadings(table.columns);
  return table.rows.map((row) =>
    Object.fromEntries(
      names.flatMap((name, index) => {
        const place = wanted.columns.length > 0 ? places.get(name) : index;
        return place === undefined ? [] : [[name, row[place] ?? ""]];
      }),
    ),
  );
}

function scoreOf(facts: Facts, table: Table, wanted: Wanted, places: ReadonlyMap<string, number>): number {
  const items = new Set(table.columns.flatMap((column) => column.meanings).filter((meaning) => ITEM_COLUMNS.has(meaning))).size / ITEM_COLUMNS.size;
  if (wanted.columns.length > 0) {
    // What is asked for may be more than a table has: it fits also where most of its columns are asked for.
    const named = table.columns.filter(({ heading }) => heading !== "").length;
    const found = places.size < 2 ? places.size / wanted.columns.length : places.size / Math.min(wanted.columns.length, named);
    return found < 0.6 ? 0 : 0.3 + 0.4 * found + 0.1 * items;
  }
  if (wanted.type === "line-item") return items < 0.5 ? 0 : 0.4 + 0.3 * items;
  const start = facts.text.lastIndexOf("\n", Math.max(0, table.range[0] - 200));
  const around = new Set(
    facts.text
      .slice(Math.max(0, start), table.range[0])
      .concat(" ", table.columns.map((column) => column.heading).join(" "))
      .split(/[^\p{L}\p{N}]+/u)
      .flatMap(comparableWords)
      .map(stem),
  );
  const asked = wanted.words.filter((word) => !["table", "row", "column", "list", "item"].includes(word)).map(stem);
  const shared = asked.filter((word) => around.has(word)).length;
  return asked.length === 0 ? 0.4 : shared === 0 ? 0 : 0.35 + 0.35 * (shared / asked.length);
}

/** Readings for a question of type table or line-item, best first. */
export function tableReadings(facts: Facts, wanted: Wanted): Reading[] {
  return tablesOf(facts)
    .map((table) => {
      const places = assign(wanted.columns, table.columns);
      const base = scoreOf(facts, table, wanted, places);
      return { table, places, confidence: base === 0 ? 0 : Math.min(0.9, base + Math.min(1, table.rows.length / 3) * 0.1) };
    })
    .filter((entry) => entry.confidence > 0)
    .sort((left, right) => right.confidence - left.confidence || left.table.range[0] - right.table.range[0])
    .slice(0, MOST)
    .map(({ table, places, confidence }) => ({
      raw: rowsOf(table, wanted, places),
      range: table.range,
      confidence,
      reason: `table with the headings ${table.columns.map((column) => column.heading).join(", ")}`.slice(0, 200),
    }));
}
