/** Texts in a prompt that earlier answers put there. The document holds them, so they need no explaining; they say whose value is asked for, and near what it stands. */
import { type Facts, oncePerDocument } from "./facts.ts";
import { endsWithColon, marksOf } from "./labels.ts";
import type { Role } from "./lexicon/concepts.ts";
import { FILLERS, ROLES } from "./lexicon/index.ts";
import { type Party, partiesOf } from "./parties.ts";
import type { Range } from "./postal.ts";
import { headingOver } from "./sides.ts";
import { comparablePhrase, comparableWords } from "./words.ts";

/** Longer ones are lists and tables, which stand nowhere in a document as they are. */
const LONGEST_GIVEN = 200;
const MOST_PLACES = 50;

function standsAlone(text: string, from: number, to: number): boolean {
  return !/[\p{L}\p{N}]/u.test(text[from - 1] ?? "") && !/[\p{L}\p{N}]/u.test(text[to] ?? "");
}

/** The prompt without the given texts; as it is where nothing of meaning would be left. */
export function withoutGiven(prompt: string, given: readonly string[]): string {
  let rest = prompt;
  for (const text of [...given].sort((left, right) => right.length - left.length)) {
    if (text.trim() === "") continue;
    for (let from = rest.indexOf(text); from >= 0; from = rest.indexOf(text, from + 1))
      if (standsAlone(rest, from, from + text.length)) rest = `${rest.slice(0, from)} , ${rest.slice(from + text.length)}`;
  }
  return comparableWords(rest).some((word) => !FILLERS.has(word)) ? rest : prompt;
}

const lowerTextOf = oncePerDocument((facts) => facts.text.toLowerCase());

/** Where a document prints a text, first places first. */
function placesOf(facts: Facts, given: string): Range[] {
  const wanted = given.trim().toLowerCase();
  if (wanted.length < 2 || wanted.length > LONGEST_GIVEN) return [];
  const text = lowerTextOf(facts);
  const result: Range[] = [];
  for (let from = text.indexOf(wanted); from >= 0 && result.length < MOST_PLACES; from = text.indexOf(wanted, from + 1))
    if (standsAlone(text, from, from + wanted.length)) result.push([from, from + wanted.length]);
  return result;
}

/** Where a document prints the given texts. */
export function givenPlaces(facts: Facts, given: readonly string[]): readonly Range[] {
  return given.flatMap((text) => placesOf(facts, text));
}

function sideOfParty({ headed, sides }: Party): Role | undefined {
  if (headed !== undefined) return headed;
  if (sides.seller === sides.buyer) return undefined;
  return sides.seller > sides.buyer ? "seller" : "buyer";
}

/** The side that a label left of a place on its row, or a heading over it, names. */
function sideOfPlace(facts: Facts, [start]: Range): Role | undefined {
  const cell = facts.cells.find((entry) => entry.start <= start && start < entry.end);
  if (cell === undefined) return undefined;
  const inside = marksOf(facts).roles.find((hit) => facts.tokens[hit.first]?.cell === cell.index && endsWithColon(facts, hit.last));
  if (inside !== undefined) return inside.role;
  const row = facts.lines[cell.line]?.cells ?? [];
  const label = row[row.indexOf(cell) - 1];
  return (label === undefined ? undefined : ROLES.get(comparablePhrase(facts.text.slice(label.start, label.end)))?.role) ?? headingOver(facts, cell);
}

/** The side of the party that a given text names, where the document says it and the texts name only one. */
export function sideOfGiven(facts: Facts, given: readonly string[]): Role | undefined {
  const found = new Set<Role>();
  for (const text of given) {
    const places = placesOf(facts, text);
    const party = partiesOf(facts).find(({ name }) => name !== undefined && places.some(([start]) => start >= name[0] && start < name[1]));
    const side =
      (party === undefined ? undefined : sideOfParty(party)) ?? places.map((place) => sideOfPlace(facts, place)).find((entry) => entry !== undefined);
    if (side !== undefined) found.add(side);
  }
  return found.size === 1 ? [...found][0] : undefined;
}
