/** Which way money goes: "paid in" and "paid out" share most of their words and mean the opposite. */
import type { Facts } from "./facts.ts";

/** Into an account or out of it. */
export type Direction = "in" | "out";

const WORDS: Readonly<Record<Direction, RegExp>> = {
  in: /(?<!\p{L})(?:incoming|inflows?|credits?|credited|received|deposits?|deposited|receipts|einzahlungen|eingänge|zahlungseingänge|gutschriften|haben|crédits?|entrées|encaissements|abonos|ingresos|accrediti|entrate|bijschrijvingen|bijgeschreven|ontvangsten)(?!\p{L})/iu,
  out: /(?<!\p{L})(?:outgoings?|outflows?|debits?|debited|withdrawn|withdrawals?|auszahlungen|ausgänge|zahlungsausgänge|lastschriften|belastungen|soll|débits?|sorties|décaissements|cargos|adeudos|addebiti|uscite|afschrijvingen|afgeschreven|uitgaven)(?!\p{L})/iu,
};
/** "Paid in" at the end of what it belongs to, but not "paid in euros"; "paid out" anywhere. */
const PAID: Readonly<Record<Direction, RegExp>> = {
  in: /(?<!\p{L})(?:came|comes|coming)\s+in(?!\p{L})|(?<!\p{L})(?:paid|money|payments?|cash|transfers?)\s+in(?=\s*(?:[?!.,;:)]|$|(?:during|this|for|on|over|within|into|between|from|to)\s))/iu,
  out: /(?<!\p{L})(?:went|goes|going|paid|money|payments?|cash|transfers?)\s+out(?!\p{L})/iu,
};

function onlyOne(names: (direction: Direction) => boolean): Direction | undefined {
  const [inwards, outwards] = [names("in"), names("out")];
  return inwards === outwards ? undefined : inwards ? "in" : "out";
}

/** The direction that a question names; undefined where it names none or both. */
export function directionOf(prompt: string): Direction | undefined {
  return onlyOne((direction) => PAID[direction].test(prompt)) ?? onlyOne((direction) => WORDS[direction].test(prompt));
}

/** The direction that a label at tokens [first, last), with what follows it in its cell, names. */
function directionOfLabel(facts: Facts, first: number, last: number): Direction | undefined {
  const cell = facts.cells[facts.tokens[first]?.cell ?? -1];
  const words: string[] = [];
  for (let index = first; index < Math.min(last + 2, cell?.last ?? 0); index++) {
    const token = facts.tokens[index];
    if (token === undefined || (index >= last && !/^\p{L}/u.test(token.text))) break;
    words.push(token.text);
  }
  return directionOf(words.join(" "));
}

/** How well a label at tokens [first, last) agrees with a wanted direction: a little, where it names the other one. */
export function directionFactor(facts: Facts, first: number, last: number, wanted: Direction | undefined): number {
  if (wanted === undefined) return 1;
  const named = directionOfLabel(facts, first, last);
  return named === undefined || named === wanted ? 1 : 0.25;
}
