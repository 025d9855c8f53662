/** Number and date in a document's title ("Invoice 4711 dated 3 May 2024", "Facture n°12 du 02/07/2015"), and dates without a label. */
import type { Candidate } from "./candidates.ts";
import { type Facts, oncePerDocument } from "./facts.ts";
import { TITLES } from "./lexicon/index.ts";
import { datesIn, findValue } from "./values.ts";

/** What a title line names. */
interface Title {
  number: readonly [number, number] | undefined;
  date: { range: readonly [number, number]; raw: string } | undefined;
  share: number;
}

const MOST_WORDS = 8;

/** Lines that hold a title word, then within a few words a number sign or word and a number, then maybe a date. */
function findTitles(facts: Facts): readonly Title[] {
  const result: Title[] = [];
  for (const cell of facts.cells) {
    const first = facts.tokens[cell.first];
    if (first === undefined || !TITLES.has(first.norm)) continue;
    let marker = -1;
    for (let index = cell.first + 1; index < Math.min(cell.last, cell.first + MOST_WORDS); index++) if (facts.tokens[index]?.norm === "number") marker = index;
    const from = marker >= 0 ? facts.tokens[marker + 1] : undefined;
    if (from === undefined || from.cell !== cell.index) continue;
    const text = facts.text.slice(from.start, cell.end);
    const number = findValue("id", text);
    if (number === undefined || number.from > 2) continue;
    const rest = text.slice(number.to, number.to + 60);
    const date = datesIn(rest)[0];
    const at = from.start + number.to;
    result.push({
      number: [from.start + number.from, from.start + number.to],
      date: date === undefined || date.from > 20 ? undefined : { range: [at + date.from, at + date.to], raw: date.raw ?? rest.slice(date.from, date.to) },
      share: cell.start / Math.max(1, facts.text.length),
    });
  }
  return result;
}

const titlesOf = oncePerDocument(findTitles);

/** Numbers in titles. */
export function titleNumbers(facts: Facts): Candidate[] {
  return titlesOf(facts).flatMap(({ number, share }) =>
    number === undefined ? [] : [{ range: number, raw: facts.text.slice(...number), score: 0.75 - 0.2 * share, reason: "number in the title" }],
  );
}

/** Dates in titles. */
export function titleDates(facts: Facts): Candidate[] {
  return titlesOf(facts).flatMap(({ date, share }) =>
    date === undefined ? [] : [{ range: date.range, raw: date.raw, score: 0.82 - 0.2 * share, reason: "date in the title" }],
  );
}

/** Two digits that are no year of a document's date. */
const OLD_YEAR = /\D[4-8]\d$/;
const HEAD_SHARE = 0.6;
const MOST_DATES = 6;

/** Dates that no label names, where the document has few: the first is most likely its own. */
export function loneDates(facts: Facts): Candidate[] {
  const found: Candidate[] = [];
  const values = new Set<string>();
  for (const line of facts.lines) {
    for (const cell of line.cells) {
      for (const date of datesIn(facts.text.slice(cell.start, cell.end))) {
        if (date.fit < 0.9 || OLD_YEAR.test(facts.text.slice(cell.start + date.from, cell.start + date.to))) continue;
        const range: [number, number] = [cell.start + date.from, cell.start + date.to];
        const raw = date.raw ?? facts.text.slice(...range);
        values.add(raw);
        const alone = date.to - date.from >= cell.end - cell.start - 1;
        found.push({ range, raw, score: alone ? 0.5 : 0.42, reason: "a date without a label" });
      }
    }
    if (values.size > MOST_DATES) return [];
  }
  const first = found[0];
  if (first === undefined) return [];
  const score = values.size === 1 ? first.score + 0.1 : values.size <= 3 ? first.score : first.score - 0.1;
  return values.size > 1 && first.range[0] > facts.text.length * HEAD_SHARE ? [] : [{ ...first, score }];
}
