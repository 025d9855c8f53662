/** Does a passage support a claim in prose? Word overlap alone can't tell a claim from its opposite, so polarity, direction and numbers are compared too. English words of polarity; other languages go by words and numbers. */
import { stemmer } from "stemmer";
import { foldWord } from "../values/fold.ts";

const MAXIMUM_LENGTH = 20_000;
const STOP = new Set(
  "a an the and or of in on at by for with from to as is are was were be been being has have had do does did this that these those it its their they we our you your he she his her which who whom whose than then there here also such between during through into over after before can may might will would could should must more less most least not no nor neither without".split(
    " ",
  ),
);
const NEGATIONS = new Set(
  "not no nor neither never none without cannot lack lacks lacking lacked absent absence fail fails failed failure unable unlikely unrelated independent independently nonsignificant insignificant negligible".split(
    " ",
  ),
);

function wordSet(list: string): ReadonlySet<string> {
  return new Set(list.split(" ").map(stemmer));
}

/** Words that say which way something goes: the first list up, the second down. */
const UP = wordSet(
  "increase increased higher high greater more elevate elevated enhance enhanced promote promotes improve improved induce activate activation upregulate gain accelerate stimulate raise rise worsen exacerbate cause causes aggravate susceptible longer effective",
);
const DOWN = wordSet(
  "decrease decreased lower low fewer less reduce reduced reduction suppress suppressed inhibit inhibits impair impaired inactivate downregulate loss lose slow delay block prevent protects protective decline diminish attenuate impede hinder resist resistant shorter ineffective deficient deficiency",
);

interface Reading {
  words: readonly string[];
  terms: ReadonlySet<string>;
  negations: number;
  up: number;
  down: number;
  numbers: ReadonlySet<string>;
}

function read(text: string): Reading {
  const words = foldWord(text.slice(0, MAXIMUM_LENGTH)).match(/\d+(?:[.,]\d+)*|[\p{L}\p{N}]+/gu) ?? [];
  const stems = words.map((word) => (/\d/.test(word) ? word : stemmer(word)));
  return {
    words: stems,
    terms: new Set(stems.filter((stem, index) => !STOP.has(words[index] ?? "") && stem.length > 1)),
    negations: words.filter((word) => NEGATIONS.has(word)).length,
    up: stems.filter((stem) => UP.has(stem)).length,
    down: stems.filter((stem) => DOWN.has(stem)).length,
    numbers: new Set(words.filter((word) => /^\d/.test(word)).map((word) => word.replaceAll(",", ""))),
  };
}

/** 1 up, -1 down, 0 neither or both. */
function directionOf({ up, down }: Reading): number {
  return Math.sign(up - down);
}

/** The share of the claim's terms that the context has. */
function overlapOf(claim: Reading, context: Reading): number {
  if (claim.terms.size === 0) return 0;
  return [...claim.terms].filter((term) => context.terms.has(term)).length / claim.terms.size;
}

/** Whether exactly one of two texts that say the same otherwise is denied: "shall deliver" and "shall not deliver". */
export function isDenied(claim: string, context: string): boolean {
  const [asked, given] = [read(claim), read(context)];
  return asked.negations % 2 !== given.negations % 2;
}

/** How far `context` supports `claim`, 0 to 1: .5 is open, below it speaks against. Texts beyond 20,000 characters are cut. */
export function supportScore(claim: string, context: string): number {
  const [asked, given] = [read(claim), read(context)];
  const overlap = overlapOf(asked, given);
  const missing = [...asked.numbers].filter((number) => !given.numbers.has(number)).length;
  const [claimed, found] = [directionOf(asked), directionOf(given)];
  const odd = (count: number) => count % 2 === 1;
  let score = 0.35 + 0.35 * overlap;
  if (odd(asked.negations) !== odd(given.negations)) score -= 0.15;
  if (claimed !== 0 && found !== 0) score += claimed === found ? 0.1 : -0.15;
  if (asked.numbers.size > 0) score += missing === 0 ? 0.1 : -0.1 * (missing / asked.numbers.size);
  return Math.round(Math.min(1, Math.max(0, score)) * 1000) / 1000;
}
