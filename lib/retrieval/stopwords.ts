/** Words so frequent in a language that they say nothing about what a text is about. */

const LISTS: { readonly [language: string]: string } = {
  en: "a an the and or but if then than of at by for with about against between into through during before after above below to from up down in out on off over under again once here there when where why how all any both each few more most other some such no nor not only own same so too very can will just should now i me my we our you your he him his she her it its they them their what which who whom whose this that these those am is are was were be been being have has had do does did doing would could may might must shall as also because until while since upon within without",
  de: "der die das den dem des ein eine einer einem einen eines und oder aber wenn als wie zu zum zur von vom mit bei nach aus auf für im in ins an am um über unter vor durch ist sind war waren wird werden wurde wurden hat haben hatte sein seine ihr ihre es er sie wir ich du man nicht auch nur noch so dass sich was wer welche welcher welches dieser diese dieses",
  fr: "le la les un une des du de d l et ou mais si que qui quoi dont où ce cet cette ces il elle ils elles on nous vous je tu au aux à en dans par pour sur avec sans sous entre est sont était étaient être été a ont avait avoir ne pas plus se sa son ses leur leurs y comme quel quelle quels quelles",
  es: "el la los las un una unos unas de del al a y o u pero si que quien cual cuales cuando donde como en con por para sin sobre entre es son era eran fue fueron ser sido está están ha han había se su sus lo le les no más este esta estos estas ese esa eso qué cuál",
  it: "il lo la i gli le un uno una di del dello della dei degli delle a al allo alla ai agli alle da dal dalla in nel nella con su sul sulla per tra fra e o ma se che chi cui quale quali è sono era erano essere stato ha hanno aveva si non più questo questa questi queste come dove quando",
  pt: "o a os as um uma uns umas de do da dos das em no na nos nas por pelo pela para com sem sobre entre e ou mas se que quem qual quais é são era eram foi foram ser sido está estão tem têm ao aos à às não mais este esta isto esse essa seu sua seus suas como onde quando",
  nl: "de het een en of maar als dan dat die dit deze van in op te ten ter aan bij met voor door over uit om naar is zijn was waren wordt worden werd heeft hebben had er niet ook nog wel zich hij zij ze we wij ik je u hun haar wat wie welke hoe waar wanneer",
  sv: "en ett den det de och eller men om att som av i på till från med för vid är var vara har hade inte han hon vi ni jag du sig sin sitt sina vad vem vilken vilket vilka hur när där",
  da: "en et den det de og eller men hvis at som af i på til fra med for ved er var være har havde ikke han hun vi jeg du sig sin sit sine hvad hvem hvilken hvilket hvilke hvordan hvor når der",
  no: "en et ei den det de og eller men hvis at som av i på til fra med for ved er var være har hadde ikke han hun vi jeg du seg sin sitt sine hva hvem hvilken hvilket hvilke hvordan hvor når der",
};

const NONE: ReadonlySet<string> = new Set();
const made = new Map<string, ReadonlySet<string>>();

/** The stop words of a language (two-letter code), lower case; none for a language without a list. */
export function stopWords(language: string): ReadonlySet<string> {
  const known = made.get(language);
  if (known !== undefined) return known;
  const list = Object.hasOwn(LISTS, language) ? LISTS[language] : undefined;
  const words = list === undefined ? NONE : new Set(list.split(" "));
  made.set(language, words);
  return words;
}
