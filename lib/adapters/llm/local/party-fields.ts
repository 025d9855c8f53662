/** Names and addresses of a side: from address blocks, from labels under a side's heading, and from the letterhead. */
import { type Candidate, type LabelSpan, valuesOf } from "./candidates.ts";
import type { Facts } from "./facts.ts";
import { endsWithColon, labelQuality, marksOf } from "./labels.ts";
import type { Concept, Role } from "./lexicon/concepts.ts";
import { type Party, partiesOf } from "./parties.ts";
import { sideAt } from "./sides.ts";
import { findValue } from "./values.ts";

const COMPANY =
  /(?<!\p{L})(?:GmbH(?:\s?&\s?Co\.?(?:\s?KGaA|\s?KG)?)?|AG|KG|OHG|e\.?\s?V\.|e\.?\s?K\.|UG|SE|Ltd\.?|Limited|Inc\.?|LLC|LLP|PLC|Corp\.?|Corporation|B\.?V\.?|N\.?V\.?|S\.?A\.?R\.?L\.?|SAS|S\.A\.S?\.?|S\.?p\.?A\.?|S\.?r\.?l\.?s?|S\.?L\.?U?\.?|SDN\.?\s?BHD\.?|S\/B|Pty\.?|Co\.|ENTERPRISES?|TRADING|RESTORAN|RESTAURANT|SYARIKAT)(?![\p{L}\d])/iu;

function supportFor(party: Party, role: Role): number {
  const { seller, buyer, other } = party.sides;
  if (role === "ship-to" || role === "payee") return party.headed === role ? 0.85 : 0;
  const own = role === "seller" ? seller : buyer;
  const against = (role === "seller" ? buyer : seller) + other;
  if (own <= 0 || own <= against) return 0;
  return Math.min(0.92, 0.42 + 0.17 * (own - against));
}

function partOfParty(facts: Facts, party: Party, concept: Concept): { range: readonly [number, number]; weight: number } | undefined {
  const pick = (range: readonly [number, number] | undefined, weight: number) => (range === undefined ? undefined : { range, weight });
  switch (concept) {
    case "name":
      return pick(party.name, party.name !== undefined && COMPANY.test(facts.text.slice(...party.name)) ? 1 : 0.92);
    case "street":
      return pick(party.street, 1);
    case "postcode":
      return pick(party.postcode, 1);
    case "city":
      return pick(party.city, 0.97);
    case "address":
      return pick(party.address, 0.9);
    default:
      return undefined;
  }
}

/** The text of a range that may span lines with other columns in between: only what stands in the party's column. */
function textInColumn(facts: Facts, range: readonly [number, number], left: number): string {
  const text = facts.text.slice(...range);
  if (!text.includes("\n")) return text;
  const parts: string[] = [];
  for (const line of facts.lines) {
    const first = line.cells[0];
    const last = line.cells.at(-1);
    if (first === undefined || last === undefined || last.end <= range[0] || first.start >= range[1]) continue;
    const cell = line.cells.find((entry) => Math.abs(entry.left - left) < 14) ?? line.cells.find((entry) => entry.start >= range[0] && entry.end <= range[1]);
    if (cell !== undefined) parts.push(facts.text.slice(Math.max(cell.start, range[0]), Math.min(cell.end, range[1])));
  }
  return parts.join(" ");
}

function fromBlocks(facts: Facts, concept: Concept, role: Role): Candidate[] {
  const result: Candidate[] = [];
  for (const party of partiesOf(facts)) {
    const support = supportFor(party, role);
    const part = support === 0 ? undefined : partOfParty(facts, party, concept);
    if (part === undefined) continue;
    result.push({ range: part.range, raw: textInColumn(facts, part.range, party.left), score: support * part.weight, reason: `address block of the ${role}` });
  }
  return result;
}

/** Labels such as "Name:" under a heading of the side, and the heading itself used as a label ("Sold by: ..."). */
function fromHeadings(facts: Facts, concept: Concept, role: Role): Candidate[] {
  const result: Candidate[] = [];
  const kind = concept === "name" ? "name" : undefined;
  for (const hit of marksOf(facts).byConcept.get(concept) ?? []) {
    if (sideAt(facts, hit.first) !== role) continue;
    if (kind === "name")
      for (const value of valuesOf(facts, { ...hit, quality: hit.quality * 0.92 }, { kind: "name", part: undefined }))
        result.push({ ...value, reason: `${value.reason}, under a heading of the ${role}` });
  }
  if (concept !== "name") return result;
  for (const heading of marksOf(facts).roles) {
    if (heading.role !== role || (!endsWithColon(facts, heading.last) && !heading.alone)) continue;
    const label: LabelSpan = { first: heading.first, last: heading.last, quality: labelQuality(facts, heading.first, heading.last) * 0.75 };
    for (const value of valuesOf(facts, label, { kind: "name", part: undefined })) result.push({ ...value, reason: `${value.reason} of the ${role}` });
  }
  return result;
}

const HEAD_LINES = 8;

/** The first lines of a document without an address block for the seller: on receipts they are its name and address. */
function fromLetterhead(facts: Facts, concept: Concept): Candidate[] {
  const result: Candidate[] = [];
  if (concept !== "name") return result;
  const seen = new Map<string, number>();
  for (const line of facts.lines.slice(0, HEAD_LINES)) {
    for (const cell of line.cells) {
      const text = facts.text.slice(cell.start, cell.end);
      const found = COMPANY.test(text) && text.length < 70 && !/[:?]/.test(text) ? findValue("name", text) : undefined;
      if (found === undefined) continue;
      const count = (seen.get(text) ?? 0) + 1;
      seen.set(text, count);
      const name = text.replace(/\s*\([^()]*\d[^()]*\)\s*$/, "");
      result.push({ range: [cell.start, cell.start + name.length], raw: name, score: 0.42, reason: "company name at the top" });
    }
  }
  return result;
}

/** The values of a party's field, in no order. Without a role the seller's block is not assumed: only labels speak then. */
export function partyValues(facts: Facts, concept: Concept, role: Role | undefined): Candidate[] {
  if (role === undefined) return [];
  const blocks = fromBlocks(facts, concept, role);
  const headings = fromHeadings(facts, concept, role);
  const letterhead = role === "seller" ? fromLetterhead(facts, concept) : [];
  return [...blocks, ...headings, ...letterhead];
}
