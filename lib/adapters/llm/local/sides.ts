/** The side that headings and words give to a place of a document. */
import type { Cell, Facts } from "./facts.ts";
import { marksOf } from "./labels.ts";
import type { Role } from "./lexicon/concepts.ts";

const HEAD_LINES = 14;
const LONGEST_LABEL = 5;

/** The side that a heading over the block names: the nearest heading above or left of it that stands in its column. */
export function headingOver(facts: Facts, cell: Cell): Role | undefined {
  const page = facts.lines[cell.line]?.page;
  const roles = marksOf(facts).roles;
  for (let index = roles.length - 1; index >= 0; index--) {
    const hit = roles[index];
    const token = hit === undefined ? undefined : facts.tokens[hit.first];
    if (hit === undefined || token === undefined || hit.line > cell.line) continue;
    if (facts.lines[hit.line]?.page !== page || cell.line - hit.line > HEAD_LINES) break;
    if (!hit.alone || token.left > cell.left + 12) continue;
    const away = cell.left - token.left;
    const form = away > facts.pageWidth * 0.3 && (facts.lines[cell.line]?.cells[0]?.left ?? 0) > token.left + 60 && facts.lines[cell.line]?.cells[0] !== cell;
    if (away < facts.pageWidth * (form ? 0.3 : 0.5)) return hit.role;
  }
  return undefined;
}

/** The side that the nearest heading gives to a token's place; undefined where none stands over it. */
export function sideAt(facts: Facts, token: number): Role | undefined {
  const cell = facts.cells[facts.tokens[token]?.cell ?? -1];
  return cell === undefined ? undefined : headingOver(facts, cell);
}

/** Whether a label's own words name a side ("Ihre USt-IdNr" and "Customer VAT" are the buyer's). */
export function sideOfWords(facts: Facts, first: number, last: number): Role | undefined {
  for (let index = Math.max(0, first - 2); index < last; index++) {
    const token = facts.tokens[index];
    if (token === undefined || token.line !== facts.tokens[first]?.line) continue;
    if (/^(?:ihre?|your|kunden|customer|client|buyer|votre|vos|uw|su|vostra|vostro|acheteur)$/iu.test(token.text.replace(/[^\p{L}]/gu, ""))) return "buyer";
    if (/^(?:unsere?|our|seller|supplier|vendor|verkäufer|notre|onze|nuestro|nostra|vendeur|fournisseur)$/iu.test(token.text.replace(/[^\p{L}-]/gu, "")))
      return "seller";
  }
  return undefined;
}

/** The side that the words of the label left of a cell on its row name ("Client contact"). */
export function sideOfRow(facts: Facts, cell: Cell): Role | undefined {
  const row = facts.lines[cell.line]?.cells ?? [];
  const label = row[row.indexOf(cell) - 1];
  return label === undefined || label.last - label.first > LONGEST_LABEL ? undefined : sideOfWords(facts, label.first, label.last);
}
