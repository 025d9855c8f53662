/** The language of a text, from its most frequent small words and its script. */

/** Words of each language that are frequent in it and rare in the others, abbreviations included ("no" is none: an invoice is full of it). */
const SMALL_WORDS: Readonly<Record<string, string>> = {
  en: "the and of to in is that for with this by are be from or as it on your you we our not date total amount",
  de: "der die das und den von zu mit ist im für auf des eine nicht sich dem ein auch wir sie nach bei aus datum rechnung betrag ihre",
  fr: "le la les des et du une est dans pour que sur au par avec vous nous ce ne pas votre qui aux facture montant sont",
  es: "el los las de y del una para por con se que su en al como más fecha factura sus importe este",
  it: "il di che è per della una con del non sono le dei gli alla nel si data fattura importo da dal questo anche",
  nl: "het een van en de is op te voor met niet dat zijn aan bij ook uw wij of wordt factuur datum bedrag naar",
  pt: "os do da dos das em uma para com não que por ao um na são fatura valor mais pelo pela até",
  sv: "och att det som en på är av för med den till inte har de om ett från var faktura belopp",
  da: "og at det som en på er af for med den til ikke har de om et fra var faktura beløb",
  no: "og å det som en på er av for med den til ikke har de om et fra var faktura beløp jeg",
  fi: "ja on ei että se oli ovat tai kun joka mutta myös sekä lasku päivä yhteensä hän",
  pl: "na do nie się jest że to od po za przez oraz dla jak faktura kwota data są",
  cs: "na je se že do pro jako by za ale podle faktura částka datum jsou která který nebo při",
  hu: "az és hogy nem is egy ez van volt vagy meg csak számla dátum összeg",
  ro: "și în de la cu pe că nu este din pentru care sunt mai factura suma data sau",
  tr: "ve bir bu da de için ile olarak fatura tarih tutar olan daha çok gibi",
};

const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ["ja", /[\u3040-\u30ff]/gu],
  ["ko", /[\uac00-\ud7af]/gu],
  ["zh", /[\u4e00-\u9fff]/gu],
  ["ru", /[\u0400-\u04ff]/gu],
  ["ar", /[\u0600-\u06ff]/gu],
  ["he", /[\u0590-\u05ff]/gu],
  ["el", /[\u0370-\u03ff]/gu],
  ["th", /[\u0e00-\u0e7f]/gu],
  ["hi", /[\u0900-\u097f]/gu],
];

const SAMPLE = 60_000;
/** Fewer small words of a language than this prove nothing. */
const HITS_MINIMUM = 3;
const lists = new Map(Object.entries(SMALL_WORDS).map(([language, words]) => [language, new Set(words.split(" "))]));

/** The ISO 639-1 code of the language of a text's first 60,000 characters; "en" where nothing speaks for another one. */
export function detectLanguage(text: string): string {
  const sample = text.slice(0, SAMPLE).toLowerCase();
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  if (letters === 0) return "en";
  for (const [language, script] of SCRIPTS) {
    const share = (sample.match(script)?.length ?? 0) / letters;
    if (share > (language === "ja" ? 0.1 : 0.3)) return neighbour(language, sample) ?? language;
  }
  return byWords(sample.match(/\p{L}+/gu) ?? []);
}

/** Languages that share a script but not all letters. */
const LETTERS: Readonly<Record<string, readonly [string, RegExp]>> = {
  ar: ["fa", /[\u067e\u0686\u0698\u06af\u06cc]/gu],
  ru: ["uk", /[\u0454\u0456\u0457\u0491]/gu],
};

function neighbour(language: string, sample: string): string | undefined {
  const [other, letters] = LETTERS[language] ?? [];
  const hits = letters ? (sample.match(letters)?.length ?? 0) : 0;
  return hits * 50 > (sample.match(/\p{L}/gu)?.length ?? 0) ? other : undefined;
}

function byWords(words: readonly string[]): string {
  let best = { language: "en", hits: Math.max(HITS_MINIMUM - 1, count(words, lists.get("en"))) };
  for (const [language, list] of lists) {
    const hits = count(words, list);
    if (hits > best.hits) best = { language, hits };
  }
  return best.language;
}

function count(words: readonly string[], list: ReadonlySet<string> | undefined): number {
  return words.reduce((sum, word) => sum + (list?.has(word) ? 1 : 0), 0);
}
