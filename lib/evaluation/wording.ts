/** What questions and labels are about: words of several languages that mean the same thing, and which things exclude each other. */
import { stemmer } from "stemmer";
import { foldWord } from "../values/fold.ts";

/** Sides, days and amounts: a label that names one of a family does not answer a question for another. "+" joins what must stand together. */
const FAMILIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  party: {
    seller:
      "seller supplier vendor issuer issued sells sold merchant sender from verkaufer lieferant absender rechnungssteller aussteller vendeur fournisseur emetteur vendedor proveedor emisor venditore fornitore verkoper leverancier consultant contractor lessor licensor landlord",
    buyer:
      "buyer customer client purchaser recipient billed bill payer addressed kaufer kunde kunden auftraggeber rechnungsempfanger empfanger acheteur comprador cliente acquirente koper klant lessee licensee tenant consignee attn",
  },
  day: {
    due: "due payable remit until by bis payment pay fallig falligkeit falligkeitsdatum zahlbar zahlungsziel echeance vencimiento scadenza vervaldatum vervaldag",
    issue: "invoice issue issued bill rechnung rechnungsdatum ausstellungsdatum belegdatum facture emission factura fattura factuur factuurdatum dated",
    order: "order ordered bestellung bestelldatum auftrag auftragsdatum commande pedido ordine bestelling",
    delivery:
      "delivery delivered shipping shipped dispatch liefer lieferung leistung lieferdatum leistungsdatum livraison entrega consegna levering leverdatum arrival",
    start: "start starts first begin begins beginning effective commencement commences beginn anfang debut inicio inizio aanvang",
    end: "end ends last expiry expires expiration until termination terminates ende ablauf fin fine einde",
    birth: "birth born geburtsdatum geboren naissance nacimiento nascita geboortedatum",
    signed: "signed signature unterschrift unterzeichnet signe firmado firma ondertekend",
  },
  amount: {
    net: "subtotal net netto nettobetrag zwischensumme nettosumme ht subtotaal imponible",
    tax: "tax vat gst mwst ust umsatzsteuer mehrwertsteuer tva iva btw",
    total: "total gross gesamt gesamtbetrag gesamtsumme bruttobetrag rechnungsbetrag endbetrag ttc totale totaal importe",
    discount: "discount rebate rabatt skonto remise descuento sconto korting",
    shipping: "shipping freight postage carriage versand versandkosten fracht porto envio spedizione verzendkosten",
    deposit: "deposit prepaid anzahlung acompte anticipo acconto aanbetaling",
    fee: "fee fees gebuhr gebuhren honorar frais tarifa honorarios",
  },
  number: {
    invoice: "invoice rechnung rechnungsnummer facture factura fattura factuur factuurnummer",
    order: "order purchase po bestellung bestellnummer auftrag auftragsnummer commande pedido ordine bestelnummer",
    customer: "customer client kunde kundennummer klantnummer cliente",
    contract: "contract agreement vertrag vertragsnummer contrat contrato contratto contractnummer",
  },
};

const STOP = new Set(
  "what which who whom whose when where how is are was were be the a an of in on at by for with from to and or this that these it its do does did has have there any please give find extract return list name names state stated tell me document page value much many exactly as printed written shown following all each if not than into per under it's i we our your their will would should can may there's wer was wann wie wo welche welcher welches wieviel ist sind der die das den dem des ein eine einer und oder von vom zu zum zur im auf fur bitte nenne quel quelle quels quelles qui est sont le la les un une du de et ou cual cuales quien es son el los las chi che quale quali e il lo gli wat wie welk welke een het van".split(
    " ",
  ),
);
/** Words that labels and questions share without saying what is wanted; those of a line mean the same. */
const GENERIC: readonly string[] = [
  "number no nr nummer numero num nbr id code identifier",
  "date day datum fecha data jour dato tag",
  "name nom nombre nome naam namen company firma person",
  "amount betrag montant importe sum summe somme bedrag",
  "address adresse anschrift direccion indirizzo adres",
  "full complete whole",
];

/** "Excluding tax" is about the net amount, "including tax" about the whole. */
const WITHOUT_TAX =
  /\b(?:excl\w*\.?|without|before|ex|ohne|exkl\w*\.?|zzgl\.?|hors|sin|senza|zonder)(?: of)? (?:taxe?s?|vat|gst|mwst|ust|tva|iva|btw|umsatzsteuer|mehrwertsteuer)\b/g;
const WITH_TAX = /\b(?:incl\w*\.?|with|inkl\w*\.?|mit|toutes|con|met)(?: of)? (?:taxe?s?|vat|gst|mwst|ust|tva|iva|btw|umsatzsteuer|mehrwertsteuer)\b/g;

/** A word in the form in which synonyms are equal, and how much it says (0 to 1). */
export interface Term {
  key: string;
  weight: number;
}

const GENERIC_WEIGHT = 0.4;
const SYNONYMS = synonyms();

function synonyms(): ReadonlyMap<string, ReadonlySet<string>> {
  const map = new Map<string, Set<string>>();
  for (const [index, line] of GENERIC.entries()) for (const word of line.split(" ")) map.set(word, new Set([`generic:${index}`]));
  for (const [family, members] of Object.entries(FAMILIES))
    for (const [member, words] of Object.entries(members))
      for (const word of words.split(" ")) map.set(word, (map.get(word) ?? new Set()).add(`${family}:${member}`));
  return map;
}

/** The words of a text, lower case without accents. */
export function plainWords(text: string): string[] {
  return (
    foldWord(text)
      .replaceAll("ß", "ss")
      .replace(WITHOUT_TAX, " net ")
      .replace(WITH_TAX, " total ")
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

/** Members of families that a text names, as "family:member". */
export function membersIn(text: string): ReadonlySet<string> {
  return new Set(plainWords(text).flatMap((word) => [...(SYNONYMS.get(word) ?? [])]));
}

/** German and Dutch write one word where others write two. */
const COMPOUND = /^(\p{L}{4,}?)s?(nummer|nr|datum|betrag|summe|adresse|anschrift|name|steuer|bedrag)$/u;

function partsOf(word: string): readonly string[] {
  const [, first, second] = COMPOUND.exec(word) ?? [];
  return first === undefined || second === undefined ? [word] : [word, first, second];
}

/** What makes two words the same for this purpose: a member of the families that matter, a word without meaning of its own, or the stem. */
function keysOf(word: string, families: readonly string[]): readonly string[] {
  const matters = (key: string) => key.startsWith("generic:") || families.includes(key.split(":")[0] ?? "");
  return [...[...(SYNONYMS.get(word) ?? [])].filter(matters), stemmer(word)];
}

function isGeneric(word: string): boolean {
  return [...(SYNONYMS.get(word) ?? [])].some((key) => key.startsWith("generic:"));
}

/** The words of a question that say what it is about, each once. */
export function termsOf(prompt: string): Term[] {
  const words = [...new Set(plainWords(prompt))].filter((word) => !STOP.has(word) && word.length > 1);
  return words.map((word) => ({ key: word, weight: isGeneric(word) ? GENERIC_WEIGHT : 1 }));
}

/** The share of a question's terms, by weight, that a text has. `families` are those whose members count as one word. */
export function coverage(terms: readonly Term[], text: string, families: readonly string[]): number {
  const present = new Set(
    plainWords(text)
      .flatMap(partsOf)
      .flatMap((word) => keysOf(word, families)),
  );
  const all = terms.reduce((sum, { weight }) => sum + weight, 0);
  const found = terms.reduce(
    (sum, { key, weight }) => sum + (partsOf(key).some((part) => keysOf(part, families).some((entry) => present.has(entry))) ? weight : 0),
    0,
  );
  return all === 0 ? 0 : found / all;
}

/** Whether a label speaks of nothing but what the question does: all its words, and the parts of compounds, are the question's. */
export function isOnlyAbout(terms: readonly Term[], label: string, families: readonly string[]): boolean {
  const asked = new Set(terms.flatMap(({ key }) => partsOf(key).flatMap((part) => keysOf(part, families))));
  const words = plainWords(label).filter((word) => !STOP.has(word));
  return words.every((word) => {
    const [whole = word, ...parts] = partsOf(word);
    return (parts.length > 0 ? parts : [whole]).every((part) => keysOf(part, families).some((key) => asked.has(key)));
  });
}

/** A family of which the question names one member and the label another, and neither what the other names. */
export function contradiction(prompt: ReadonlySet<string>, label: ReadonlySet<string>, families: readonly string[]): string | undefined {
  return families.find((family) => {
    const of = (set: ReadonlySet<string>) => [...set].filter((member) => member.startsWith(`${family}:`));
    const [asked, said] = [of(prompt), of(label)];
    return asked.length > 0 && said.length > 0 && !said.some((member) => prompt.has(member));
  });
}
