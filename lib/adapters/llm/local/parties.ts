/** Who is who: address blocks and letterheads of a document, with the side that each belongs to. */
import { type Cell, type Facts, type Line, oncePerDocument } from "./facts.ts";
import type { Role } from "./lexicon/concepts.ts";
import { LABELS, ROLES, TITLES } from "./lexicon/index.ts";
import { type Postal, postalIn, type Range } from "./postal.ts";
import { headingOver } from "./sides.ts";
import { comparablePhrase } from "./words.ts";

/** One party's block: ranges of the layout view. `sides` is how much speaks for each side, above 0. */
export interface Party {
  name: Range | undefined;
  street: Range | undefined;
  postcode: Range;
  city: Range;
  /** From the street to the city. */
  address: Range;
  line: number;
  left: number;
  page: number;
  inline: boolean;
  sides: { seller: number; buyer: number; other: number };
  /** A heading names the side. */
  headed: Role | undefined;
}

const CONTACT = /(?:^|\s)(?:tel|fon|phone|telefon|téléphone|fax|e-?mail|www\.|http|ust-?id|vat|gst|iban|bic|kvk|btw|siret|p\.? ?iva|nif|cif)\b|@/iu;
/** Longer lines are sentences, not lines of an address. */
const LONGEST_LINE = 200;
const SALUTATION = /^(?:Herrn?|Frau|Firma|Fa\.|Mr\.?|Mrs\.?|Ms\.?|Mme|M\.|Sig\.?|Sr\.?|Sra\.?|Dhr\.?|Mevr\.?|An)$/u;
const NOT_A_NAME = /^(?:[\d\s./:,-]+|seite\b.*|page\b.*|pagina\b.*)$/iu;

function roleOfCell(facts: Facts, cell: Cell): Role | undefined {
  let key = "";
  for (let index = cell.first; index < cell.last; index++) {
    const token = facts.tokens[index];
    if (token !== undefined && token.norm !== ":") key += token.norm;
    if (key.length > 40) return undefined;
  }
  return ROLES.get(key)?.role;
}

/** What the label left of a cell on its row says the cell is; undefined where no label stands there. */
function labelLeftOf(facts: Facts, cell: Cell): "name" | "address" | "other" | undefined {
  const cells = facts.lines[cell.line]?.cells ?? [];
  const label = cells[cells.indexOf(cell) - 1];
  const last = label === undefined ? undefined : facts.tokens[label.last - 1];
  if (label === undefined || last === undefined || !last.text.endsWith(":")) return undefined;
  const meanings = LABELS.get(comparablePhrase(facts.text.slice(label.start, label.end))) ?? [];
  if (meanings.some((meaning) => meaning.concept === "name")) return "name";
  return meanings.some((meaning) => meaning.concept === "address" || meaning.concept === "street") ? "address" : "other";
}

/** Whether a cell is nothing but a document's title, such as "TAX INVOICE". */
function isTitle(facts: Facts, cell: Cell): boolean {
  for (let index = cell.first; index < cell.last; index++) {
    const norm = facts.tokens[index]?.norm ?? "";
    if (norm !== "" && norm !== "number" && !/^\d+$/.test(norm) && !TITLES.has(norm)) return false;
  }
  return true;
}

/** The cells above a postal line that belong to its block, nearest first: same left edge, close together; a heading that names a side ends it. */
function linesAbove(facts: Facts, postal: Postal): { cells: Cell[]; headed: Role | undefined } {
  const cells: Cell[] = [];
  let current = postal.cell;
  let headed: Role | undefined;
  for (let index = postal.cell.line - 1; index >= 0 && cells.length < 6; index--) {
    const line = facts.lines[index];
    const from = facts.lines[current.line];
    if (line === undefined || from === undefined || line.page !== from.page) break;
    const height = Math.max(6, from.bottom - from.top);
    if (from.top - line.bottom > height * 2.2) break;
    const cell = line.cells.find(
      (entry) =>
        Math.abs(entry.left - postal.cell.left) < 14 ||
        Math.abs(entry.right - postal.cell.right) < 4 ||
        (entry.left < postal.cell.right && entry.right > postal.cell.left && Math.abs(entry.left + entry.right - postal.cell.left - postal.cell.right) < 24),
    );
    if (cell === undefined) {
      if (line.cells.some((entry) => entry.left < postal.cell.right && entry.right > postal.cell.left)) break;
      continue;
    }
    const role = roleOfCell(facts, cell);
    if (role !== undefined) {
      headed = role;
      break;
    }
    const text = facts.text.slice(cell.start, cell.end);
    if (text.length > LONGEST_LINE) break;
    const form = labelLeftOf(facts, cell);
    if (form === "other" || postalIn(facts, cell) !== undefined || /:$/.test(text) || NOT_A_NAME.test(text) || isTitle(facts, cell)) break;
    if (/^\(/.test(text) || CONTACT.test(text) || text.replace(/\P{L}/gu, "").length < 3) {
      current = cell;
      continue;
    }
    cells.push(cell);
    if (form === "name") break;
    current = cell;
  }
  return { cells, headed };
}

function rangeOf(cell: Cell): Range {
  return [cell.start, cell.end];
}

function inlineParty(facts: Facts, postal: Postal): Pick<Party, "name" | "street" | "address"> {
  const start = postal.cell.start;
  const text = facts.text.slice(start, postal.postcode[0]);
  const parts: Range[] = [];
  let from = 0;
  const add = (to: number) => {
    const body = text.slice(from, to);
    const lead = body.length - body.trimStart().length;
    if (/[\p{L}\d]{2}/u.test(body)) parts.push([start + from + lead, start + from + body.trimEnd().length]);
  };
  for (const match of text.matchAll(/\s?[·•●∙|]\s?|\s[-–—]\s|,\s?/g)) {
    add(match.index);
    from = match.index + match[0].length;
  }
  add(text.length);
  const first = parts[0];
  const named = first !== undefined && !facts.text.slice(...first).includes(":") && !/^\d/.test(facts.text.slice(...first));
  const name = named ? first : undefined;
  const street = parts.length > 1 ? parts[1] : undefined;
  return { name, street, address: [street?.[0] ?? postal.postcode[0], Math.max(postal.city[1], postal.postcode[1])] };
}

/** A cell's range without a register number in brackets at its end. */
function nameRange(facts: Facts, cell: Cell): Range {
  const text = facts.text.slice(cell.start, cell.end);
  const label = /^[\p{L} ]{2,20}\s?:\s*(?=\S)/u.exec(text)?.[0].length ?? 0;
  return [cell.start + label, cell.start + text.replace(/\s*\([^()]*\d[^()]*\)\s*$|\s+\d{5,}-[A-Z]$/u, "").length];
}

/** Whether a line stands right below another, without a gap. */
function follows(above: Line | undefined, line: Line): boolean {
  return above !== undefined && above.page === line.page && line.top - above.bottom < heightOf(above) * 0.9;
}

/** The end of a postal line, or of the line below where that holds only a state or country. */
function endOfAddress(facts: Facts, postal: Postal): number {
  const next = facts.lines[postal.cell.line + 1];
  const cell = next?.cells.find((entry) => Math.abs(entry.left - postal.cell.left) < 14);
  const text = cell === undefined ? "" : facts.text.slice(cell.start, cell.end);
  if (
    cell !== undefined &&
    next !== undefined &&
    follows(facts.lines[postal.cell.line], next) &&
    !LABELS.has(comparablePhrase(text)) &&
    /^\p{Lu}[\p{L}]+(?:,? \p{Lu}[\p{L}]+){0,2}\.?$/u.test(text) &&
    !isTitle(facts, cell) &&
    roleOfCell(facts, cell) === undefined
  )
    return cell.end;
  const last = facts.text.slice(postal.cell.start, Math.min(postal.cell.end, postal.cell.start + LONGEST_LINE));
  const contact = /[\s,(]+(?:tel|phone|fon|fax|telefon|e-?mail|gst|vat|ust)\b.*$/iu.exec(last);
  return contact !== null && postal.cell.start + contact.index >= Math.max(postal.city[1], postal.postcode[1])
    ? postal.cell.start + contact.index
    : postal.cell.end;
}

function makeParty(facts: Facts, postal: Postal): Party {
  const line = facts.lines[postal.cell.line];
  const base = { postcode: postal.postcode, city: postal.city, line: postal.cell.line, left: postal.cell.left, page: line?.page ?? 1, inline: postal.inline };
  const sides = { seller: 0, buyer: 0, other: 0 };
  if (postal.inline) return { ...base, ...inlineParty(facts, postal), sides, headed: headingOver(facts, postal.cell) };
  const { cells, headed } = linesAbove(facts, postal);
  const role = headed ?? headingOver(facts, postal.cell);
  const named = [...cells].reverse();
  const nameless = named.length === 1 && /^\p{L}.*\d/u.test(facts.text.slice(named[0]?.start, named[0]?.end));
  const first = nameless ? undefined : named[0];
  const streetCell = cells.find((cell) => /\d/.test(facts.text.slice(cell.start, cell.end)) && cell !== first) ?? (cells.length > 1 ? cells[0] : undefined);
  const second = named[1];
  const greeted = first !== undefined && second !== undefined && SALUTATION.test(facts.text.slice(first.start, first.end));
  const addressCell = named.find(
    (cell) => cell !== first && !(greeted && cell === second) && (/\d/.test(facts.text.slice(cell.start, cell.end)) || cell === streetCell),
  );
  const end = endOfAddress(facts, postal);
  return {
    ...base,
    name: first === undefined ? undefined : greeted && second !== undefined ? [first.start, nameRange(facts, second)[1]] : nameRange(facts, first),
    street: streetCell === undefined ? undefined : rangeOf(streetCell),
    address: [addressCell?.start ?? postal.cell.start, end],
    sides,
    headed: role,
  };
}

function heightOf(line: Line): number {
  return Math.max(6, line.bottom - line.top);
}

function near(facts: Facts, party: Party, lines: number): string {
  let text = "";
  for (let index = party.line + 1; index <= party.line + lines; index++) {
    const line = facts.lines[index];
    if (line === undefined || line.page !== party.page) break;
    const cell = line.cells.find((entry) => Math.abs(entry.left - party.left) < 14);
    const above = facts.lines[index - 1];
    if (above !== undefined && line.top - above.bottom > heightOf(above) * 1.6) break;
    if (cell !== undefined) text += ` ${facts.text.slice(cell.start, cell.end)}`;
  }
  return text;
}

/** What speaks for a block being the seller's or the buyer's: headings, contact lines, sender lines above the address window, place on the page. */
/** The line of an offset at or above a line. */
function lineOf(facts: Facts, offset: number, line: number): number {
  let index = line;
  while (index > 0 && (facts.lines[index]?.cells[0]?.start ?? 0) > offset) index -= 1;
  return index;
}

function judge(facts: Facts, parties: readonly Party[]): void {
  for (const party of parties) {
    const { sides } = party;
    if (party.headed === "seller") sides.seller += 3;
    else if (party.headed === "payee") sides.seller += 0.8;
    else if (party.headed === "buyer") sides.buyer += 3;
    else if (party.headed !== undefined) sides.other += 3;
    if (CONTACT.test(near(facts, party, 6))) sides.seller += 0.8;
    const line = facts.lines[party.line];
    const height = (line?.top ?? 0) / facts.pageHeight;
    if (height > 0.72) sides.seller += 0.6;
    if (party.page > 1) sides.other += 0.2;
    if (party.page === 1 && (party.name === undefined ? party.line : lineOf(facts, party.name[0], party.line)) <= 1 && !party.inline) sides.seller += 0.4;
    const right = party.left > facts.pageWidth * 0.5;
    if (right && height < 0.35) sides.seller += 0.3;
    if (!right && height > 0.05 && height < 0.4 && !party.inline) sides.buyer += 0.3;
    if (party.inline && /[·•●|–]|\s-\s/.test(facts.text.slice(facts.lines[party.line]?.cells[0]?.start ?? 0, party.postcode[0]))) sides.seller += 0.9;
    for (const other of parties) {
      if (other === party || other.page !== party.page) continue;
      const distance = party.line - other.line;
      if (other.inline && !party.inline && distance > 0 && distance < 10 && Math.abs(other.left - party.left) < facts.pageWidth * 0.12) sides.buyer += 0.8;
      if (
        other.inline &&
        !party.inline &&
        facts.text.slice(...other.postcode) === facts.text.slice(...party.postcode) &&
        Math.abs(other.left - party.left) > 20
      )
        sides.seller += 0.8;
    }
  }
}

function findParties(facts: Facts): readonly Party[] {
  const parties: Party[] = [];
  for (const cell of facts.cells) {
    if (parties.length >= 60) break;
    const postal = postalIn(facts, cell);
    if (postal !== undefined) parties.push(makeParty(facts, postal));
  }
  judge(facts, parties);
  for (const party of parties) {
    // The same address elsewhere on the document may have the name that this one lacks.
    const twin =
      party.name !== undefined
        ? undefined
        : parties.find((other) => other.name !== undefined && facts.text.slice(...other.postcode) === facts.text.slice(...party.postcode));
    if (twin !== undefined && twin.headed === undefined) party.name = twin.name;
  }
  return parties;
}

/** The address blocks of a document, in order, found once. */
export const partiesOf = oncePerDocument(findParties);
